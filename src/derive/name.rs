//! Generated names: `app-environment-service`, cut to a platform's limit and kept apart by a hash.

use sha2::{Digest, Sha256};

/// How many hex digits of the hash end a shortened name.
const HASH_DIGITS: usize = 6;

/// `app-environment-service`, at most `limit` characters.
pub fn generated_name(app: &str, environment: &str, service: &str, limit: usize) -> String {
    shorten(&format!("{app}-{environment}-{service}"), limit)
}

/// Cuts a name that is too long and ends it with six hex digits of the full name's SHA-256, so that two long names
/// with the same beginning stay apart and the same name is always cut in the same way.
pub fn shorten(full: &str, limit: usize) -> String {
    if full.chars().count() <= limit {
        return full.to_owned();
    }
    let digest = Sha256::digest(full.as_bytes());
    let hash: String = digest
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .take(HASH_DIGITS)
        .collect();
    let keep = limit.saturating_sub(HASH_DIGITS + 1);
    let head: String = full.chars().take(keep).collect();
    format!("{}-{hash}", head.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_stay() {
        assert_eq!(generated_name("shop", "production", "api", 63), "shop-production-api");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let first = generated_name("shop", "production", &"a".repeat(80), 49);
        let second = generated_name("shop", "production", &"a".repeat(81), 49);
        assert_eq!(first.len(), 49);
        assert_ne!(first, second);
    }
}
