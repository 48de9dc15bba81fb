//! The words by which a program inside of an image asks a port.

/// A path as it may stand in the text of any program: what is more than a plain character of an address is encoded,
/// which a server reads as the same path.
pub(crate) fn path(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@&=+,;?%".contains(&byte) {
            plain.push(char::from(byte));
        } else {
            plain.push('%');
            plain.extend([byte >> 4, byte & 15].into_iter().filter_map(|digit| char::from_digit(u32::from(digit), 16)));
        }
    }
    plain
}

/// A word of the standard library's probe with its holes filled.
pub(crate) fn filled(template: &str, port: u16, path: &str) -> String {
    template.replace("{port}", &port.to_string()).replace("{path}", &self::path(path))
}
