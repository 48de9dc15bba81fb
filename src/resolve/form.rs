//! Forms that a value must have although it is no type of its own: host names, addresses, paths in a container.

use crate::schema::Form;
use crate::value::{Mistake, Money, ValueError};

impl Form {
    /// What it is, as a noun.
    const fn noun(self) -> &'static str {
        match self {
            Form::HostName => "host name",
            Form::Machine => "name or address of a machine",
            Form::Address => "web address",
            Form::AbsolutePath => "absolute path",
            Form::UrlPath => "URL path",
            Form::Variable => "variable name",
            Form::HeaderName => "header name",
            Form::Repository => "repository",
            Form::Branch => "branch",
            Form::RefPattern => "pattern of branches or tags",
            Form::Registry => "registry",
            Form::FieldNames => "list of field names",
            Form::Spending => "amount per time",
        }
    }

    /// How such a text begins, to stand for a beginning that is not known.
    pub(super) const fn beginning(self) -> &'static str {
        match self {
            Form::Address => "https://x",
            Form::AbsolutePath | Form::UrlPath => "/x",
            Form::HostName
            | Form::Machine
            | Form::Variable
            | Form::HeaderName
            | Form::Branch
            | Form::RefPattern
            | Form::FieldNames => "x",
            Form::Repository => "x.example/x/x",
            Form::Registry => "x.example/x",
            Form::Spending => "$1/month",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Form::HostName => "write the name alone: `shop.example`",
            Form::Machine => "write the machine alone: `app.shop.example` or `203.0.113.10`",
            Form::Address => "write the whole address: `https://prometheus.acme.example`",
            Form::AbsolutePath => "write where it is in the container, from `/` on: `/etc/app.conf`",
            Form::UrlPath => "write the path of the URL, from `/` on: `/healthz`",
            Form::Variable => "letters, digits and `_` make a variable, and no digit begins it: `LOG_LEVEL`",
            Form::HeaderName => "letters, digits and `-` make a header: `X-Request-Id`",
            Form::Repository => "write host, owner and name: `github.com/acme/shop`",
            Form::Branch => "write it as git names it: `main`, `release/1.2`",
            Form::RefPattern => "write names as git has them, `*` for any text: `main`, `release/*`, `v*`",
            Form::Registry => "write the registry and the path in it: `registry.acme.example/shop`",
            Form::FieldNames => {
                "write names of letters, digits, `.`, `_`, `-` and `:`, commas between them: `email,card.number`"
            }
            Form::Spending => "write what it comes to in a month: `$300/month`",
        }
    }

    /// Whether a text has the form; the error says what has not.
    pub(super) fn check(self, text: &str) -> Result<(), ValueError> {
        let whole = 0..text.len();
        if text.is_empty() {
            let message = format!("expected {}, found nothing", self.noun());
            return Err(ValueError::new(self.noun(), whole, message).with_help(self.help()));
        }
        if let Some(error) = self.blank(text) {
            return Err(error);
        }
        let good = match self {
            Form::Spending => return spending(text),
            Form::HostName => is_host_name(text.strip_prefix("*.").unwrap_or(text)),
            Form::Machine => is_host_name(text) || text.parse::<std::net::IpAddr>().is_ok(),
            Form::Address => is_address(text),
            Form::AbsolutePath => text.starts_with('/') && text.split('/').all(|part| part != ".."),
            Form::UrlPath => text.starts_with('/'),
            Form::Variable => is_variable(text),
            Form::HeaderName => {
                text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
            }
            Form::Repository => is_repository(text),
            Form::Branch => is_branch(text),
            Form::RefPattern => is_branch(&text.strip_prefix('!').unwrap_or(text).replace('*', "x")),
            Form::Registry => is_registry(text),
            Form::FieldNames => text.split(',').all(|name| is_field_name(name.trim())),
        };
        if good {
            return Ok(());
        }
        let shown: String = text.chars().take(40).collect();
        let message = format!("`{shown}` is no {}", self.noun());
        let error = ValueError::new(self.noun(), whole, message).with_help(self.help());
        if let (Form::Machine, Some((user, machine))) = (self, text.split_once('@')) {
            return Err(
                error.with_help(format!("write `{machine}` here, and the user in `login \"ssh\" user=\"{user}\"`"))
            );
        }
        Err(match self.meant(text) {
            Some(meant) => error.with_help(format!("write `{meant}`")).with_fix(meant),
            None => error,
        })
    }

    /// A blank where none may stand. A path is passed on as it is written.
    fn blank(self, text: &str) -> Option<ValueError> {
        if matches!(self, Form::AbsolutePath | Form::UrlPath | Form::FieldNames | Form::Spending) {
            return None;
        }
        let (at, letter) = text.char_indices().find(|(_, letter)| letter.is_whitespace() || letter.is_control())?;
        let message = format!("no blanks stand in this {}", self.noun());
        Some(ValueError::new(self.noun(), at..at + letter.len_utf8(), message).with_help(self.help()))
    }

    /// What was certainly meant.
    fn meant(self, text: &str) -> Option<String> {
        let bare = text.split_once("://").map_or(text, |(_, rest)| rest);
        let meant = match self {
            Form::HostName => bare.trim_end_matches('/').to_ascii_lowercase(),
            Form::Machine => bare.trim_end_matches('/').to_ascii_lowercase(),
            Form::Repository => bare.trim_end_matches('/').trim_end_matches(".git").to_owned(),
            Form::Registry => bare.trim_end_matches('/').to_ascii_lowercase(),
            Form::UrlPath => format!("/{text}"),
            // Other separators are habits from elsewhere.
            Form::FieldNames => {
                text.split([';', '|', ' ', ',']).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(",")
            }
            Form::Address
            | Form::AbsolutePath
            | Form::Variable
            | Form::HeaderName
            | Form::Branch
            | Form::RefPattern
            | Form::Spending => return None,
        };
        (meant != text && self.check(&meant).is_ok()).then_some(meant)
    }
}

/// Whether an amount is one per time. Per what time cannot be guessed, but nearly all bills are monthly.
fn spending(text: &str) -> Result<(), ValueError> {
    let (form, whole) = (Form::Spending, 0..text.len());
    let money = Money::parse(text)?;
    if money.per_month().is_some() {
        return Ok(());
    }
    if money.per.is_empty() {
        let message = format!("`{text}` does not say per what time");
        let help = format!("write `{text}/month`, or `/year`, `/day` or another time");
        return Err(ValueError::new(form.noun(), whole, message).of(Mistake::UnitMissing).with_help(help));
    }
    let range = text.find('/').map_or(whole.clone(), |at| at..text.len());
    let message = format!("`{text}` is no amount per time");
    Err(ValueError::new(form.noun(), range, message).of(Mistake::Mismatch).with_help(form.help()))
}

/// The name of an attribute of a log line, as the semantic conventions of OpenTelemetry make them.
fn is_field_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | ':' | '/' | '@');
    !name.is_empty() && name.chars().all(plain)
}

fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        let plain = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        !label.is_empty() && label.len() <= 63 && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    // What ends in a number is read as an address of the network, whatever stands before it.
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let hexadecimal =
        |text: &str| text.strip_prefix("0x").is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let number = text.rsplit('.').next().is_some_and(|last| digits(last) || hexadecimal(last));
    text.len() <= 253 && text.split('.').all(label) && !number
}

/// Whether it is the name of a host, or its address as four numbers.
fn is_host(text: &str) -> bool {
    is_host_name(text) || text.parse::<std::net::Ipv4Addr>().is_ok()
}

/// Whether a browser goes where it says: a host, perhaps with a user and a port, and what a URL may hold behind it.
pub fn is_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return false };
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match bracketed {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        // Names inside of a network of containers may have underscores.
        None => is_host(&host.to_ascii_lowercase().replace('_', "x")),
    };
    let holds = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    is_host && port.is_none_or(|port| port.parse::<u16>().is_ok()) && rest.bytes().all(holds)
}

/// Whether git takes it for the name of a branch or a tag.
fn is_branch(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let odd = |letter: char| matches!(letter, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\') || letter.is_control();
    text.split('/').all(part)
        && !text.contains(odd)
        && !text.contains("..")
        && !text.contains("@{")
        && !text.starts_with('-')
        && !text.ends_with('.')
        && text != "@"
}

fn is_variable(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.bytes().next().is_some_and(letter) && text.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}

fn is_registry(text: &str) -> bool {
    let (host, path) = text.split_once('/').map_or((text, None), |(host, path)| (host, Some(path)));
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let part = |part: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
        !part.is_empty() && part.bytes().all(plain)
    };
    is_host(name)
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
        && path.is_none_or(|path| path.split('/').all(part))
}

fn is_repository(text: &str) -> bool {
    let part = |part: &str| {
        let plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        !part.is_empty() && plain && !part.chars().all(|letter| letter == '.')
    };
    let parts: Vec<&str> = text.split('/').collect();
    let host = parts.first().is_some_and(|host| host.contains('.') && is_host_name(&host.to_ascii_lowercase()));
    host && parts.len() >= 3 && parts.into_iter().all(part)
}
