//! A build with a string at every position, until what is left builds.

use std::collections::BTreeSet;

use deployc::artifact::Artifact;
use deployc::diag::{Diagnostic, Severity};
use deployc::source::FileId;

use deployc::schema::Type;

use crate::positions::{Commands, Position, candidates, commands, placed};
use crate::whole::Example;

/// What became of one round.
#[derive(Default)]
pub(crate) struct Round {
    /// Strings that were built as they are.
    pub(crate) bare: usize,
    /// Strings that were built in the form that their place asks for.
    pub(crate) formed: usize,
    /// Positions that took nothing.
    pub(crate) none: BTreeSet<usize>,
    /// The codes of what was refused.
    pub(crate) codes: BTreeSet<&'static str>,
    /// What was built.
    pub(crate) text: String,
    pub(crate) artifacts: Vec<Artifact>,
}

/// The position whose string an error is about: it points into exactly that string.
fn pointed_at(one: &Diagnostic, places: &[(usize, usize, usize)]) -> Option<usize> {
    let place = one.primary.span;
    let within = |(_, start, end): &&(usize, usize, usize)| {
        place.file == FileId(0) && *start <= place.start as usize && place.end as usize <= *end
    };
    places.iter().find(within).map(|(index, ..)| *index)
}

/// Builds with a string at every position; what is refused there takes the next form, until everything builds.
pub(crate) fn round(
    example: &Example,
    positions: &[Position],
    how: Commands,
    pick: impl Fn(usize) -> (String, String),
) -> Round {
    let text = &example.text;
    let first = |index: usize| {
        let named = positions[index].named.as_ref();
        named.and_then(|_| positions.iter().position(|one| one.named.as_ref() == named)).unwrap_or(index)
    };
    let written = |one: &Position| {
        let words = one.before.is_empty().then(|| text[one.start..one.end].trim_matches('"'));
        words.filter(|words| !words.contains('\\') && !words.contains("${"))
    };
    let tried: Vec<Vec<String>> = (0..positions.len())
        .map(|index| {
            let (hostile, word) = pick(first(index));
            if positions[index].ty == Type::Command {
                return commands(how, &hostile, &word);
            }
            candidates(written(&positions[first(index)]), &hostile, &word)
        })
        .collect();
    let mut turns = vec![0; positions.len()];
    let mut outcome = Round::default();
    loop {
        let rows = positions.iter().enumerate();
        let chosen: Vec<(usize, &Position, &str)> = rows
            .filter_map(|(index, one)| Some((index, one, tried[index].get(turns[first(index)])?.as_str())))
            .collect();
        let (edited, places) = placed(text, &chosen);
        let mut compilation = example.check(&edited);
        if let Some(artifacts) = compilation.build() {
            for index in 0..positions.len() {
                match turns[first(index)] {
                    0 => outcome.bare += 1,
                    turn if turn < tried[index].len() => outcome.formed += 1,
                    _ => drop(outcome.none.insert(index)),
                }
            }
            (outcome.text, outcome.artifacts) = (edited, artifacts);
            return outcome;
        }
        let mut refused: BTreeSet<usize> = BTreeSet::new();
        for one in compilation.diagnostics.iter().filter(|one| one.severity == Severity::Error) {
            let about = pointed_at(one, &places);
            let about = about.unwrap_or_else(|| panic!("{} points at no string: {:?}", one.message, one.primary.span));
            outcome.codes.insert(one.code.as_str());
            refused.insert(first(about));
        }
        for index in refused {
            turns[index] += 1;
        }
    }
}
