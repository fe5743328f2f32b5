//! Finds the word that was meant.

/// The candidate that `word` is most likely a slip of, if any is near enough.
pub fn suggest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word: Vec<char> = word.to_lowercase().chars().take(LONGEST).collect();
    let near = |candidate: &'c str| {
        let letters: Vec<char> = candidate.chars().take(LONGEST).collect();
        // One slip in a short word, a third of the letters in a long one.
        let most = (letters.len().max(word.len()) / 3).max(1);
        let distance = distance(&word, &letters);
        (distance <= most && distance < letters.len().max(word.len())).then_some((distance, candidate))
    };
    candidates.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Longer words are cut, so that hostile input costs little.
const LONGEST: usize = 64;

/// How many letters must be put in, left out, changed or swapped with their neighbour (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn a_slip_is_found_and_another_word_is_not() {
        let words = ["release", "retry", "role", "size", "to"];
        for (word, meant) in [
            ("relase", Some("release")),
            ("realese", Some("release")),
            ("Release", Some("release")),
            ("sise", Some("size")),
            ("szie", Some("size")),
            ("rtry", Some("retry")),
            ("too", Some("to")),
            ("x", None),
            ("", None),
            ("database", None),
            ("rollout", None),
        ] {
            assert_eq!(suggest(word, words), meant, "{word}");
        }
    }
}
