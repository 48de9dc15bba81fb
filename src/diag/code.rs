//! The codes of diagnostics, one constant per page below `src/diag/explain`.

use std::fmt;

/// The name of one kind of mistake, `area/kebab-name`.
///
/// Only this module makes one: the constants come from the pages, so a code without its page does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// The code as it is written: `area/name`.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// What is before the slash.
    pub fn area(self) -> &'static str {
        self.0.split_once('/').map_or(self.0, |(area, _)| area)
    }

    /// What is behind the slash.
    pub fn name(self) -> &'static str {
        self.0.split_once('/').map_or(self.0, |(_, name)| name)
    }

    /// The code that is written `text`, if there is one.
    pub fn find(text: &str) -> Option<Code> {
        ALL.iter().map(|entry| entry.code).find(|code| code.0 == text)
    }

    /// Every code, sorted by area and name.
    pub fn all() -> impl Iterator<Item = Code> {
        ALL.iter().map(|entry| entry.code)
    }

    /// The areas with their codes, sorted: what `deployc explain` lists.
    pub fn by_area() -> Vec<(&'static str, Vec<Code>)> {
        let mut areas: Vec<(&'static str, Vec<Code>)> = Vec::new();
        for code in Code::all() {
            match areas.last_mut() {
                Some((area, codes)) if *area == code.area() => codes.push(code),
                _ => areas.push((code.area(), vec![code])),
            }
        }
        areas
    }

    /// One line that says what is wrong.
    pub fn summary(self) -> &'static str {
        self.entry().map_or("", |entry| entry.summary)
    }

    /// The page of `deployc explain`, as Markdown.
    pub fn page(self) -> &'static str {
        self.entry().map_or("", |entry| entry.page)
    }

    fn entry(self) -> Option<&'static Entry> {
        ALL.iter().find(|entry| entry.code == self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// One row of the generated table.
struct Entry {
    code: Code,
    summary: &'static str,
    page: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/codes.rs"));
