//! Damaged examples: a token deleted, doubled or replaced never makes the compiler panic, and never takes it long.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::type_complexity,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "tests may fail loudly and share modules"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use deployc::loader::Memory;

/// The words of a text with their places: runs of letters and digits, else single characters that are no space.
fn tokens(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        match found.last_mut() {
            Some(last) if word(character) && last.1 == at && text[last.0..at].chars().all(word) => last.1 = end,
            _ if character.is_whitespace() => {}
            _ => found.push((at, end)),
        }
    }
    found
}

/// Tries every `stride`-th token of an example, and what may come of it.
fn mutate(example: &str, stride: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).join("deploy.kdl");
    let text = std::fs::read_to_string(path).unwrap();
    let words = ["\"\"", "-1", "#true", "service", "${secret.x}", "{", "99999999999999999999", "\u{202E}"];
    for (number, (start, end)) in tokens(&text).into_iter().enumerate().step_by(stride) {
        let token = &text[start..end];
        let replaced = words[number % words.len()];
        for new in ["", &[token, token].concat(), &[token, " ", token].concat(), replaced] {
            let damaged = [&text[..start], new, &text[end..]].concat();
            let loader = Memory::new().with("deploy.kdl", damaged.clone());
            let begin = Instant::now();
            let result = std::panic::catch_unwind(|| deployc::check(&loader, "deploy.kdl", None).map(drop));
            assert!(result.is_ok(), "{example}: `{token}` as `{new}` at byte {start} panics");
            assert!(begin.elapsed() < Duration::from_secs(20), "{example}: `{token}` as `{new}` takes too long");
        }
    }
}

#[test]
fn the_smallest_file_survives() {
    mutate("hello", 3);
}

#[test]
fn the_whole_language_survives() {
    mutate("everything", 17);
}
