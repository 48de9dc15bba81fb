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
    }
}
