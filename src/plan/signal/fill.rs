//! Queries as text with `{holes}`: the holes that are known are filled, every other brace stays as it is.

/// Fills the holes of a query. What fills a hole is put in as it is: data goes through [`quoted`] first.
pub(super) fn fill(template: &str, holes: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, tail) = rest.split_at(open);
        filled.push_str(before);
        let hole = tail.strip_prefix('{').and_then(|tail| tail.split_once('}'));
        let known = hole
            .and_then(|(name, after)| holes.iter().find(|(hole, _)| *hole == name).map(|(_, value)| (*value, after)));
        match known {
            Some((value, after)) => {
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push('{');
                rest = tail.strip_prefix('{').unwrap_or_default();
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// Data as it stands between the double quotes of a PromQL string.
pub(super) fn quoted(data: &str) -> String {
    let mut text = String::with_capacity(data.len());
    for character in data.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            other => text.push(other),
        }
    }
    text
}

/// Matchers of labels, without braces.
pub(super) fn matchers(labels: &[(String, String)]) -> String {
    let one = |(name, value): &(String, String)| format!("{name}=\"{}\"", quoted(value));
    labels.iter().map(one).collect::<Vec<_>>().join(",")
}

/// A series and its labels as they are written between their quotes; `None` where a matcher is no plain equality.
pub fn plain(series: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let (name, rest) = series.split_once('{')?;
    let mut rest = rest.strip_suffix('}')?;
    let mut labels = Vec::new();
    while !rest.is_empty() {
        let (label, after) = rest.split_once("=\"")?;
        let end = closing(after)?;
        let (value, after) = (after.get(..end)?, after.get(end + 1..)?);
        if label.is_empty() || !label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        labels.push((label, value));
        rest = match after.strip_prefix(',') {
            Some(after) => after,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some((name, labels))
}

/// Where the quote is that ends a string.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, character)| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_holes_are_filled_and_other_braces_stay() {
        let filled = fill("sum(x{{selector}}[{window}]) by {other}", &[("selector", "a=\"b\""), ("window", "5m")]);
        assert_eq!(filled, "sum(x{a=\"b\"}[5m]) by {other}");
    }

    #[test]
    fn hostile_data_stays_inside_of_its_quotes() {
        let labels = [("route".to_owned(), "\"} or vector(1) #\n\\".to_owned())];
        assert_eq!(matchers(&labels), "route=\"\\\"} or vector(1) #\\n\\\\\"");
        let series = format!("x{{{},b=\"2\"}}", matchers(&labels));
        let (name, read) = plain(&series).unwrap();
        assert_eq!((name, read.len(), read[1]), ("x", 2, ("b", "2")));
    }

    #[test]
    fn only_equalities_are_plain() {
        assert_eq!(plain("x{}"), Some(("x", Vec::new())));
        assert_eq!(plain("x{a=\"=~\",b=\"\"}"), Some(("x", vec![("a", "=~"), ("b", "")])));
        for other in ["x{a=~\"1\"}", "x{a!=\"1\"}", "x{a=\"1\"b=\"2\"}", "x{a=\"1}", "x"] {
            assert_eq!(plain(other), None, "{other}");
        }
    }
}
