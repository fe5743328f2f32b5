//! Names and client tokens: the same for the same site and step, in every process.

/// The constants of the 64-bit FNV-1a hash.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// A number for this text that is the same on every machine.
fn hash(text: &str) -> u64 {
    text.bytes().fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

/// Sixteen hexadecimal digits for this text.
pub(crate) fn digest(text: &str) -> String {
    format!("{:016x}", hash(text))
}

/// The parts joined by hyphens, of letters, digits and hyphens only. What had to be spelled differently, or cut to
/// `longest`, ends with a digest of the whole, so that two names stay two.
#[cfg(feature = "network")]
pub(crate) fn joined(parts: &[&str], longest: usize) -> String {
    let whole = parts.join("-");
    let spelled: String = whole.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    if spelled == whole && whole.len() <= longest {
        return whole;
    }
    let digest = &digest(&parts.join("\u{0}"))[..8];
    let kept: String = spelled.chars().take(longest.saturating_sub(digest.len() + 1)).collect();
    format!("{}-{digest}", kept.trim_end_matches('-'))
}

/// A client token of 32 characters for this step; a step that may rightly be done again names what makes it another.
#[cfg(feature = "network")]
pub(crate) fn token(step: &[&str]) -> String {
    let text = step.join("\u{0}");
    format!("{}{}", digest(&text), digest(&format!("{text}\u{0}again")))
}

#[cfg(all(test, feature = "network"))]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_plain_and_its_own() {
        assert_eq!(joined(&["shop", "web"], 32), "shop-web");
        let long = joined(&["a-shop-with-a-long-name", "and-a-pool-too"], 32);
        assert_eq!(long.len(), 32, "{long}");
        let names = [&["a", "b.c"], &["a", "b-c"], &["a-b", "c"], &["a", "b_c"]].map(|parts| joined(parts, 32));
        assert_eq!(names[1], "a-b-c");
        assert!(names[0] != names[1] && names[0] != names[3], "{names:?}");
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')), "{names:?}");
    }

    #[test]
    fn a_token_depends_on_every_part_of_its_step() {
        let tokens = [&["a", "bc"], &["ab", "c"], &["a", "bd"]].map(|step| token(step));
        assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2] && tokens[0] != tokens[2], "{tokens:?}");
        assert!(tokens.iter().all(|token| token.len() == 32 && token.is_ascii()));
    }
}
