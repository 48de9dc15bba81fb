//! The nearest name: what the writer of an unknown word most probably meant.
//!
//! This file is also fit for the build script, so it depends on nothing else of the crate.

/// Longer words are never typing slips of a name, and their distance would be slow to compute.
const LONGEST: usize = 80;
/// The price of one edit, so that shapes other than edits can be ranked between two edits.
const EDIT: usize = 10;
/// Two neighbours swapped is the likeliest of all slips.
const SWAP: usize = EDIT - 1;

/// The candidate that `word` most probably stands for, if any is near enough.
///
/// Case and the way of joining words (`healthCheck`, `health_check`, `health-check`) do not count; one edit is a letter
/// added, left out, changed, or two neighbours swapped; a candidate that is a part of the word (`min` in
/// `min_instances`), or that the word abbreviates (`env` for `environment`), is near as well.
/// The answer does not depend on the order of the candidates: among equals the first in the alphabet wins.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = parts(word);
    if wanted.is_empty() || word.len() > LONGEST {
        return None;
    }
    candidates
        .filter(|candidate| candidate.len() <= LONGEST)
        .filter_map(|candidate| score(&wanted, &parts(candidate)).map(|score| (score, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// How far the candidate is from the word; `None` when it is too far to be worth naming.
fn score(word: &[String], candidate: &[String]) -> Option<usize> {
    if candidate.is_empty() {
        return None;
    }
    let left: Vec<char> = word.join("-").chars().collect();
    let right: Vec<char> = candidate.join("-").chars().collect();
    let by_edits = edits(&left, &right, allowed(left.len().min(right.len())));
    let by_shape = shape(word, candidate);
    [by_edits, by_shape].into_iter().flatten().min()
}

/// How many edits a word of this length may be away: a short word with two letters changed is another word.
fn allowed(length: usize) -> usize {
    match length {
        0 | 1 => 0,
        2..=4 => 1,
        5..=7 => 2,
        _ => 3,
    }
}

/// The price when one is a part or an abbreviation of the other.
fn shape(word: &[String], candidate: &[String]) -> Option<usize> {
    let (longer, shorter) = if word.len() >= candidate.len() { (word, candidate) } else { (candidate, word) };
    let extra = longer.len() - shorter.len();
    if extra > 0 && shorter.concat().chars().count() >= 3 {
        if longer.starts_with(shorter) {
            return Some(EDIT + 4 + extra);
        }
        if longer.windows(shorter.len()).any(|window| window == shorter) {
            return Some(EDIT + 6 + extra);
        }
    }
    let (left, right) = (word.concat(), candidate.concat());
    let abbreviates = left.chars().count() >= 3 && right.starts_with(&left);
    let extends = right.chars().count() >= 4 && left.starts_with(&right);
    (abbreviates || extends).then(|| EDIT + 5 + left.len().abs_diff(right.len()))
}

/// The words a name is joined from, in lower case: `healthCheck`, `health_check` and `health-check` are the same two.
fn parts(name: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut previous_was_lower = false;
    for character in name.chars() {
        let begins_another = !character.is_alphanumeric() || (character.is_uppercase() && previous_was_lower);
        if begins_another && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
        if character.is_alphanumeric() {
            part.extend(character.to_lowercase());
        }
        previous_was_lower = character.is_lowercase() || character.is_ascii_digit();
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// The price of the edits between the two (optimal string alignment), or `None` above so many edits.
fn edits(left: &[char], right: &[char], limit: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).map(|column| column * EDIT).collect();
    let mut left_before = None;
    for (row, &from) in left.iter().enumerate() {
        let mut current = Vec::with_capacity(right.len() + 1);
        current.push((row + 1) * EDIT);
        let mut right_before = None;
        for (column, &to) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&last, column) + if from == to { 0 } else { EDIT };
            let mut best = changed.min(at(&last, column + 1) + EDIT).min(at(&current, column) + EDIT);
            if left_before == Some(to) && right_before == Some(from) && column > 0 {
                best = best.min(at(&before_last, column - 1) + SWAP);
            }
            current.push(best);
            right_before = Some(to);
        }
        before_last = std::mem::replace(&mut last, current);
        left_before = Some(from);
    }
    last.last().copied().filter(|&price| price <= limit * EDIT)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    fn check(word: &str, candidates: &[&str], expected: Option<&str>) {
        assert_eq!(nearest(word, candidates.iter().copied()), expected, "for {word}");
        let mut reversed = candidates.to_vec();
        reversed.reverse();
        assert_eq!(nearest(word, reversed.into_iter()), expected, "for {word}, candidates reversed");
    }

    #[test]
    fn typing_slips_are_found() {
        check("fro", &["for", "over", "and", "or", "not"], Some("for"));
        check("adn", &["for", "over", "and", "or", "not"], Some("and"));
        check("servce", &["service", "secret", "source"], Some("service"));
        check("enviroment", &["environment", "env", "observe"], Some("environment"));
        check("latency.p59", &["latency.p95", "latency.p50", "latency.p99"], Some("latency.p95"));
        check("postgers", &["postgres", "mysql", "redis"], Some("postgres"));
    }

    #[test]
    fn another_way_to_join_words_is_the_same_name() {
        check("dependsOn", &["depends-on", "depend"], Some("depends-on"));
        check("max_connections", &["max-connections", "connections"], Some("max-connections"));
        check("READY", &["ready", "read"], Some("ready"));
    }

    #[test]
    fn a_part_or_an_abbreviation_is_near() {
        check("healthCheck", &["health", "http", "check-run"], Some("health"));
        check("min_instances", &["min", "max", "when"], Some("min"));
        check("env", &["environment", "edition"], Some("environment"));
        check("replicas", &["replica", "scale"], Some("replica"));
        check("health-chek", &["health", "health-check"], Some("health-check"));
    }

    #[test]
    fn what_is_far_is_not_named() {
        check("banana", &["service", "secret", "resource"], None);
        check("x", &["for", "y"], None);
        check("", &["for"], None);
        check("kubernetes", &["vercel", "fly"], None);
        check(&"a".repeat(100_000), &["a"], None);
    }

    #[test]
    fn among_equals_the_alphabet_decides() {
        check("bat", &["cat", "bar", "hat"], Some("bar"));
    }
}
