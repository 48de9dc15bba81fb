//! Trusted templates with `{holes}`, as scripts, expressions and documents use them.

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// Trusted source.
    Literal(&'t str),
    /// A hole: its name, and how it is written.
    Hole { name: &'t str, source: &'t str },
}

impl<'t> Piece<'t> {
    /// The name of a hole.
    pub(super) fn hole(self) -> Option<&'t str> {
        match self {
            Piece::Hole { name, .. } => Some(name),
            Piece::Literal(_) => None,
        }
    }
}

/// Cuts a template into trusted source and holes. A hole is `{name}` in lower case, not after `$`.
pub(crate) fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    let mut pending: Option<(&str, &str)> = None;
    std::iter::from_fn(move || {
        if let Some((name, source)) = pending.take() {
            return Some(Piece::Hole { name, source });
        }
        if rest.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some(found) = rest.get(from..).and_then(|tail| tail.find('{')) {
            let open = from + found;
            let (before, tail) = rest.split_at(open);
            if let Some(name) = hole_name(tail).filter(|_| !before.ends_with('$')) {
                let (source, after) = tail.split_at(name.len() + 2);
                rest = after;
                if before.is_empty() {
                    return Some(Piece::Hole { name, source });
                }
                pending = Some((name, source));
                return Some(Piece::Literal(before));
            }
            from = open + 1;
        }
        Some(Piece::Literal(std::mem::take(&mut rest)))
    })
}

/// The name of the hole that `tail` begins with.
fn hole_name(tail: &str) -> Option<&str> {
    let (name, _) = tail.strip_prefix('{')?.split_once('}')?;
    let mut characters = name.chars();
    let first = characters.next()?.is_ascii_lowercase();
    (first && characters.all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == '_')).then_some(name)
}
