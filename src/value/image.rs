//! References to container images: `ghcr.io/a/b:1.2@sha256:…`.

use std::fmt;
use std::ops::Range;

use super::error::{Mistake, ValueError};
use super::pin::ImageDigest;
use super::scan::shortened;

const EXPECTED: &str = "image";

/// An OCI image reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageRef {
    /// The host of the registry, with its port; `None` where it is left to the container engine.
    pub registry: Option<String>,
    /// The path in the registry.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest, with its algorithm: `sha256:…`.
    pub digest: Option<String>,
}

/// Why an image reference does not name one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floating {
    /// It has neither a tag nor a digest.
    NoTag,
    /// Its tag is `latest` and it has no digest.
    Latest,
}

impl ImageRef {
    /// Reads an OCI reference.
    pub fn parse(text: &str) -> Result<ImageRef, ValueError> {
        let whole = 0..text.len();
        if text.is_empty() {
            return Err(ValueError::new(EXPECTED, whole, "expected image, found nothing")
                .with_help("write a reference: `ghcr.io/acme/api:1.2`"));
        }
        for scheme in ["https://", "http://", "docker://", "oci://"] {
            if let Some(rest) = text.strip_prefix(scheme) {
                return Err(
                    ValueError::new(EXPECTED, 0..scheme.len(), format!("an image has no `{scheme}`")).with_fix(rest)
                );
            }
        }
        if let Some((at, character)) = text
            .char_indices()
            .find(|(_, character)| character.is_whitespace() || character.is_control() || !character.is_ascii())
        {
            return Err(ValueError::new(
                EXPECTED,
                at..at + character.len_utf8(),
                "an image is written in plain letters, without spaces",
            )
            .with_help("write the registry, the name and the tag: `ghcr.io/acme/api:1.4.2`"));
        }
        let (named, digest) = text.split_once('@').map_or((text, None), |(named, digest)| (named, Some(digest)));
        if let Some(digest) = digest {
            ImageDigest::parse(digest).map_err(|error| {
                let start = named.len() + 1;
                let range = error.range.start + start..error.range.end + start;
                ValueError { range, expected: EXPECTED, fix: error.fix.map(|fix| [named, "@", &fix].concat()), ..error }
            })?;
        }
        let (path, tag) = match named.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (named, None),
        };
        if let Some(tag) = tag {
            check_tag(tag, path.len() + 1..named.len())?;
        }
        let (registry, repository) = match path.split_once('/') {
            Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
            _ => (None, path),
        };
        if let Some(host) = registry {
            check_registry(host)?;
        }
        let start = path.len() - repository.len();
        check_repository(repository, start, text)?;
        Ok(ImageRef {
            registry: registry.map(str::to_owned),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// Why the reference may name another image tomorrow; `None` when it has a tag of its own or a digest.
    pub fn floating(&self) -> Option<Floating> {
        match (&self.digest, self.tag.as_deref()) {
            (Some(_), _) => None,
            (None, None) => Some(Floating::NoTag),
            (None, Some("latest")) => Some(Floating::Latest),
            (None, Some(_)) => None,
        }
    }

    /// The registry and repository, without tag and digest.
    pub fn name(&self) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", self.repository),
            None => self.repository.clone(),
        }
    }
}

fn check_tag(tag: &str, range: Range<usize>) -> Result<(), ValueError> {
    let starts = tag.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
    let rest = tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    if starts && rest && tag.len() <= 128 {
        return Ok(());
    }
    let message =
        if tag.is_empty() { "nothing stands after `:`".to_owned() } else { format!("`{}` is no tag", shortened(tag)) };
    Err(ValueError::new(EXPECTED, range, message)
        .with_help("a tag has at most 128 letters, digits, `_`, `.` or `-`, and begins with none of the last two"))
}

fn check_registry(host: &str) -> Result<(), ValueError> {
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    let port_is_good = port.is_none_or(|port| port.parse::<u16>().is_ok());
    if name.split('.').all(label) && port_is_good {
        return Ok(());
    }
    Err(ValueError::new(EXPECTED, 0..host.len(), format!("`{}` is no registry", shortened(host)))
        .with_help("a registry is a host name with an optional port: `registry.example:5000`"))
}

/// Components of small letters and digits, joined inside by `.`, `_`, `__` or any number of `-`.
fn check_repository(repository: &str, start: usize, text: &str) -> Result<(), ValueError> {
    let mut at = start;
    for component in repository.split('/') {
        let range = at..at + component.len();
        at += component.len() + 1;
        if component.is_empty() {
            return Err(ValueError::new(EXPECTED, range, "a part of the name is empty")
                .with_help("write a name between the slashes"));
        }
        if component.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let fix = format!(
                "{}{}{}",
                text.get(..start).unwrap_or_default(),
                repository.to_ascii_lowercase(),
                text.get(start + repository.len()..).unwrap_or_default()
            );
            return Err(ValueError::new(EXPECTED, range, "the name of an image has no capital letters").with_fix(fix));
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let separators = component.split(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit());
        let joined = separators
            .filter(|part| !part.is_empty())
            .all(|part| matches!(part, "." | "_" | "__") || part.bytes().all(|byte| byte == b'-'));
        let ends = component.bytes().next().is_some_and(plain) && component.bytes().last().is_some_and(plain);
        if !joined || !ends {
            let message = format!("`{}` is no part of an image's name", shortened(component));
            return Err(ValueError::new(EXPECTED, range, message)
                .with_help("a part has small letters and digits, joined by `.`, `_`, `__` or `-`"));
        }
    }
    if repository.len() > 255 {
        return Err(ValueError::new(
            EXPECTED,
            start..start + repository.len(),
            "the name is longer than 255 characters",
        )
        .of(Mistake::OutOfRange)
        .with_help("shorten it"));
    }
    Ok(())
}

impl fmt::Display for ImageRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name())?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(formatter, "@{digest}"),
            None => Ok(()),
        }
    }
}
