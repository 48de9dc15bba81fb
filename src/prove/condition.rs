//! Conditions of jobs, as far as predicates read them: which of some words every way through a condition holds.

/// Whether a condition can only be true where one of the words is: in each alternative, one of its parts is such a word.
pub(super) fn demands(condition: &str, words: &[&str]) -> bool {
    let condition = bare(condition);
    !condition.is_empty()
        && parts(condition, "||").into_iter().all(|alternative| {
            parts(alternative, "&&").into_iter().any(|part| {
                let part = part.trim();
                words.contains(&part) || group(part).is_some_and(|inner| demands(inner, words))
            })
        })
}

/// Without the braces of an expression.
fn bare(condition: &str) -> &str {
    let trimmed = condition.trim();
    trimmed.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(trimmed).trim()
}

/// What stands in parentheses that hold all of it.
fn group(part: &str) -> Option<&str> {
    let inner = part.strip_prefix('(')?.strip_suffix(')')?;
    let mut depth = 0_i32;
    let closed = unquoted(inner).any(|(_, letter)| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth < 0
    });
    (!closed).then_some(inner)
}

/// The parts between an operator that stands outside of parentheses and quotes.
fn parts<'c>(condition: &'c str, operator: &str) -> Vec<&'c str> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, letter) in unquoted(condition) {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        let rest = condition.get(at..).unwrap_or_default();
        if depth == 0 && at >= start && rest.starts_with(operator) {
            found.extend(condition.get(start..at));
            start = at + operator.len();
        }
    }
    found.extend(condition.get(start..));
    found
}

/// The letters outside of quotes, with their places.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut inside = false;
    text.char_indices().filter(move |(_, letter)| {
        if *letter == '\'' {
            inside = !inside;
        }
        !inside && *letter != '\''
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_where_no_way_leads_past_it() {
        let words = ["github.event_name == 'push'", "ours"];
        for held in [
            "ours",
            "${{ ours }}",
            "a && ours",
            "(a || b) && ours",
            "ours || github.event_name == 'push'",
            "a && (ours || b && ours)",
            "((ours))",
            "b == 'x || y' && ours",
        ] {
            assert!(demands(held, &words), "{held}");
        }
        for past in ["", "a", "a || ours", "!(ours)", "ours || b", "(a || ours) && b", "a == 'ours'", "(ours) || (b)"] {
            assert!(!demands(past, &words), "{past}");
        }
    }
}
