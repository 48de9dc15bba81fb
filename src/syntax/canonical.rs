//! Documents as text again: the canonical form of the official suite, and the text byte for byte.

use super::kdl::{Document, EntryRef, NodeRef, Scalar, is_bare, is_forbidden, is_newline};

/// A number in another base than ten is written in base ten up to this many digits; beyond, as it was.
const LONGEST_CONVERTED: usize = 1_000;

/// The canonical form: one node per line, arguments before properties, properties in the order of their keys and once each,
/// strings without quotes where they can be, numbers in base ten, no comments.
pub fn canonical(document: &Document) -> String {
    let mut out = String::with_capacity(document.text().len());
    // The open blocks are kept on a list, as in the parser.
    let mut open = vec![document.roots()];
    while let Some(nodes) = open.last_mut() {
        let Some(node) = nodes.next() else {
            open.pop();
            if let Some(depth) = open.len().checked_sub(1) {
                indent(&mut out, depth);
                out.push_str("}\n");
            }
            continue;
        };
        indent(&mut out, open.len() - 1);
        head(&mut out, node);
        if node.children().next().is_some() {
            out.push_str(" {\n");
            open.push(node.children());
        } else {
            out.push('\n');
        }
    }
    if out.is_empty() {
        out.push('\n');
    }
    out
}

/// The text of the document, put together from its tokens.
pub fn print(document: &Document) -> String {
    let mut out = String::with_capacity(document.text().len());
    for token in document.tokens() {
        out.push_str(document.text().get(token.start as usize..token.end as usize).unwrap_or_default());
    }
    out
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("    ");
    }
}

/// A node without its children.
fn head(out: &mut String, node: NodeRef<'_>) {
    annotation(out, node.annotation().map(|(text, _)| text));
    string(out, node.name());
    for entry in node.args() {
        out.push(' ');
        value(out, entry);
    }
    let mut properties: Vec<EntryRef<'_>> = node.props().collect();
    properties.sort_by_key(|entry| entry.key());
    for (index, &entry) in properties.iter().enumerate() {
        // The sort is stable: the last of equal keys is the one written last, which wins.
        if properties.get(index + 1).is_some_and(|next| next.key() == entry.key()) {
            continue;
        }
        out.push(' ');
        string(out, entry.key().unwrap_or_default());
        out.push('=');
        value(out, entry);
    }
}

fn annotation(out: &mut String, text: Option<&str>) {
    if let Some(text) = text {
        out.push('(');
        string(out, text);
        out.push(')');
    }
}

fn value(out: &mut String, entry: EntryRef<'_>) {
    annotation(out, entry.annotation().map(|(text, _)| text));
    match entry.value() {
        Scalar::String(text) => string(out, text),
        Scalar::Number(text) => number(out, text),
        Scalar::Bool(true) => out.push_str("#true"),
        Scalar::Bool(false) => out.push_str("#false"),
        Scalar::Null => out.push_str("#null"),
        Scalar::Infinity => out.push_str("#inf"),
        Scalar::NegativeInfinity => out.push_str("#-inf"),
        Scalar::NotANumber => out.push_str("#nan"),
    }
}

fn string(out: &mut String, text: &str) {
    if is_bare(text) {
        return out.push_str(text);
    }
    out.push_str(&quoted(text));
}

/// A text as a string in quotes.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            _ if is_newline(character) || is_forbidden(character) => {
                out.extend(character.escape_unicode());
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

fn number(out: &mut String, text: &str) {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    out.push_str(sign);
    let digits: String = digits.chars().filter(|&character| character != '_').collect();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = digits.strip_prefix(prefix) {
            if digits.len() > LONGEST_CONVERTED {
                out.push_str(prefix);
                return out.push_str(digits);
            }
            return out.push_str(&decimal(digits, radix));
        }
    }
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits.as_str(), None),
    };
    let (integer, fraction) = match mantissa.split_once('.') {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (mantissa, None),
    };
    out.push_str(without_zeros(integer));
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        out.push('E');
        out.push(if exponent.starts_with('-') { '-' } else { '+' });
        out.push_str(without_zeros(exponent.trim_start_matches(['+', '-'])));
    }
}

/// The digits without leading zeros.
fn without_zeros(digits: &str) -> &str {
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() { "0" } else { significant }
}

/// A whole number of any length in base ten.
fn decimal(digits: &str, radix: u32) -> String {
    const BASE: u64 = 1_000_000_000;
    // Groups of nine decimal digits, the lowest first.
    let mut groups: Vec<u64> = vec![0];
    for digit in digits.chars().filter_map(|character| character.to_digit(radix)) {
        let mut carry = u64::from(digit);
        for group in &mut groups {
            let value = *group * u64::from(radix) + carry;
            *group = value % BASE;
            carry = value / BASE;
        }
        if carry > 0 {
            groups.push(carry);
        }
    }
    let mut groups = groups.iter().rev();
    let mut out = groups.next().map(u64::to_string).unwrap_or_default();
    out.extend(groups.map(|group| format!("{group:09}")));
    out
}
