//! What things are called: names, metrics, Kubernetes kinds.

use std::fmt;

use super::error::{Mistake, ValueError};
use super::recognise;
use super::scan::shortened;

/// The name of a declared thing: `[a-z][a-z0-9-]*`, at most 63 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The longest name, so that it fits a DNS label.
    pub const LONGEST: usize = 63;

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a name, or says which character does not belong, and where.
    pub fn parse(text: &str) -> Result<Name, ValueError> {
        const EXPECTED: &str = "name";
        const HELP: &str = "a name begins with a small letter and goes on with small letters, digits and `-`";
        if text.is_empty() {
            return Err(ValueError::new(EXPECTED, 0..0, "expected name, found nothing")
                .of(Mistake::BadName)
                .with_help(HELP));
        }
        let allowed = |at: usize, letter: char| {
            letter.is_ascii_lowercase() || at > 0 && (letter.is_ascii_digit() || letter == '-')
        };
        if let Some((at, letter)) = text.char_indices().find(|&(at, letter)| !allowed(at, letter)) {
            let place = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
            let message = format!("{} at character {place} does not belong in a name", describe(letter));
            let error =
                ValueError::new(EXPECTED, at..at + letter.len_utf8(), message).of(Mistake::BadName).with_help(HELP);
            let meant = kebab(text);
            return Err(if meant != text && Name::parse(&meant).is_ok() { error.with_fix(meant) } else { error });
        }
        if text.len() > Name::LONGEST {
            let message = format!("the name has {} characters, and {} are allowed", text.len(), Name::LONGEST);
            return Err(ValueError::new(EXPECTED, Name::LONGEST..text.len(), message)
                .of(Mistake::BadName)
                .with_help("shorten it"));
        }
        Ok(Name(text.to_owned()))
    }
}

fn describe(letter: char) -> String {
    if letter == ' ' {
        "a space".to_owned()
    } else if letter.is_control() {
        format!("the control character U+{:04X}", u32::from(letter))
    } else {
        format!("`{letter}`")
    }
}

/// The kebab-case of another spelling; not a name if the spelling cannot be rescued.
fn kebab(text: &str) -> String {
    let mut name = String::new();
    let mut previous_was_small = false;
    for letter in text.chars().take(Name::LONGEST + 1) {
        match letter {
            'A'..='Z' => {
                if previous_was_small {
                    name.push('-');
                }
                name.push(letter.to_ascii_lowercase());
            }
            '_' | ' ' | '.' | '/' => name.push('-'),
            _ => name.push(letter),
        }
        previous_was_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    name
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name of a metric: segments of `[a-z][a-z0-9_]*` joined by points.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricName(String);

impl MetricName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its segments.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// Reads `latency.p95`, or says which character does not belong, and where.
    pub fn parse(text: &str) -> Result<MetricName, ValueError> {
        const EXPECTED: &str = "metric";
        const HELP: &str =
            "a metric is made of segments like `queue.depth`: a small letter, then small letters, digits and `_`";
        let mut at = 0_usize;
        for segment in text.split('.') {
            if segment.is_empty() {
                let range = at.saturating_sub(1)..(at + 1).min(text.len());
                return Err(ValueError::new(EXPECTED, range, "a segment of the metric is empty")
                    .of(Mistake::BadName)
                    .with_help(HELP));
            }
            let allowed = |at: usize, letter: char| {
                letter.is_ascii_lowercase() || at > 0 && (letter.is_ascii_digit() || letter == '_')
            };
            if let Some((offset, letter)) = segment.char_indices().find(|&(at, letter)| !allowed(at, letter)) {
                let range = at + offset..at + offset + letter.len_utf8();
                let error =
                    ValueError::new(EXPECTED, range, format!("{} does not belong in a metric", describe(letter)))
                        .of(Mistake::BadName);
                let meant = text.replace('-', "_").to_ascii_lowercase();
                let rescued = meant != text && MetricName::parse(&meant).is_ok();
                return Err(if rescued { error.with_help(HELP).with_fix(meant) } else { error.with_help(HELP) });
            }
            at += segment.len() + 1;
        }
        if text.len() > 200 {
            return Err(ValueError::new(EXPECTED, 200..text.len(), "the metric is longer than 200 characters")
                .of(Mistake::BadName)
                .with_help("shorten it"));
        }
        Ok(MetricName(text.to_owned()))
    }
}

impl fmt::Display for MetricName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A kind of Kubernetes object: `apps/v1/Deployment`, or `v1/ConfigMap` in the core group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvk {
    /// The group; empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The kind.
    pub kind: String,
}

impl Gvk {
    /// Reads `group/version/Kind` or `version/Kind`.
    pub fn parse(text: &str) -> Result<Gvk, ValueError> {
        const EXPECTED: &str = "gvk";
        const HELP: &str = "write group/version/Kind: `apps/v1/Deployment`, or `v1/ConfigMap` in the core group";
        let parts: Vec<&str> = text.split('/').collect();
        let (group, version, kind) = match parts.as_slice() {
            [group, version, kind] => (*group, *version, *kind),
            [version, kind] => ("", *version, *kind),
            _ => {
                let found = recognise::kind(text);
                return Err(ValueError::mismatch(EXPECTED, found, text).with_help(HELP));
            }
        };
        let version_start = if parts.len() == 3 { group.len() + 1 } else { 0 };
        let kind_start = text.len() - kind.len();
        if parts.len() == 3 && !group.split('.').all(is_dns_label) {
            return Err(ValueError::new(EXPECTED, 0..group.len(), format!("`{}` is no API group", shortened(group)))
                .with_help(HELP));
        }
        if !is_version(version) {
            let range = version_start..version_start + version.len();
            let message = format!("`{}` is no API version", shortened(version));
            return Err(ValueError::new(EXPECTED, range, message)
                .with_help("versions are written `v1`, `v1beta2` or `v2alpha1`"));
        }
        let starts = kind.starts_with(|first: char| first.is_ascii_uppercase());
        if !starts || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ValueError::new(EXPECTED, kind_start..text.len(), format!("`{}` is no kind", shortened(kind)))
                .with_help("a kind is written in CamelCase: `Deployment`"));
        }
        Ok(Gvk { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() })
    }

    /// `apps/v1`, as manifests write it.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }
}

fn is_dns_label(label: &str) -> bool {
    let plain = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    !label.is_empty() && label.len() <= 63 && plain && !label.starts_with('-') && !label.ends_with('-')
}

/// `v1`, `v1beta2`, `v2alpha1`.
fn is_version(version: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(rest) = version.strip_prefix('v') else { return false };
    let halves = rest.split_once("alpha").or_else(|| rest.split_once("beta"));
    halves.map_or_else(|| number(rest), |(major, minor)| number(major) && number(minor))
}

impl fmt::Display for Gvk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.api_version(), self.kind)
    }
}
