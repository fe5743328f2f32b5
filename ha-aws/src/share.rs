//! Weights as a service takes them: whole numbers up to a limit, in the very same proportions.

/// The same proportions with no weight above `most`; nothing if whole numbers cannot say it.
pub(crate) fn within(weights: &[u32], most: u32) -> Option<Vec<u32>> {
    let highest = weights.iter().copied().max().unwrap_or(0);
    if highest <= most {
        return Some(weights.to_vec());
    }
    let divisor = weights.iter().copied().fold(0, common_divisor);
    (highest / divisor <= most).then(|| weights.iter().map(|weight| weight / divisor).collect())
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportions_are_kept_or_refused() {
        for (weights, most, within_it) in [
            (&[300, 100][..], 999, Some(vec![300, 100])),
            (&[300, 100], 255, Some(vec![3, 1])),
            (&[1000, 0], 999, Some(vec![1, 0])),
            (&[0, 0], 255, Some(vec![0, 0])),
            (&[1000, 999], 999, None),
            (&[], 255, Some(Vec::new())),
        ] {
            assert_eq!(within(weights, most), within_it, "{weights:?} within {most}");
        }
    }
}
