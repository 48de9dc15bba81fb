//! What the KDL parser finds, as diagnostics.

use super::{Code, Diagnostic, Tie, code};
use crate::syntax::kdl::Reach;
use crate::syntax::{Problem, ProblemKind};

impl From<Problem> for Diagnostic {
    fn from(problem: Problem) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(code_of(problem.kind), problem.span, problem.message).label(problem.label);
        for (span, message) in problem.also {
            diagnostic = diagnostic.also(span, message);
        }
        if let Some((title, edits)) = problem.fix {
            for (span, replacement) in edits {
                diagnostic = diagnostic.fix(title.as_str(), span, replacement);
            }
        }
        diagnostic.help = problem.help;
        diagnostic.tie = match problem.reach {
            Reach::Rest => Some(Tie::Displaces),
            Reach::Value => Some(Tie::Unread),
            Reach::Here => (!problem.meant.is_empty()).then_some(Tie::Meant(problem.meant)),
        };
        diagnostic
    }
}

/// The parser is also part of the build script, where there are no codes yet; so it is here that a kind without a page does not compile.
fn code_of(kind: ProblemKind) -> Code {
    match kind {
        ProblemKind::BareKeyword => code::SYNTAX_BARE_KEYWORD,
        ProblemKind::UnknownKeyword => code::SYNTAX_UNKNOWN_KEYWORD,
        ProblemKind::UnclosedBrace => code::SYNTAX_UNCLOSED_BRACE,
        ProblemKind::UnexpectedBrace => code::SYNTAX_UNEXPECTED_BRACE,
        ProblemKind::BadEscape => code::SYNTAX_BAD_ESCAPE,
        ProblemKind::UnterminatedString => code::SYNTAX_UNTERMINATED_STRING,
        ProblemKind::UnterminatedComment => code::SYNTAX_UNTERMINATED_COMMENT,
        ProblemKind::BadNumber => code::SYNTAX_BAD_NUMBER,
        ProblemKind::BadIdentifier => code::SYNTAX_BAD_IDENTIFIER,
        ProblemKind::BadAnnotation => code::SYNTAX_BAD_ANNOTATION,
        ProblemKind::MissingValue => code::SYNTAX_MISSING_VALUE,
        ProblemKind::MissingSpace => code::SYNTAX_MISSING_SPACE,
        ProblemKind::MultiLineString => code::SYNTAX_MULTI_LINE_STRING,
        ProblemKind::TooDeep => code::SYNTAX_TOO_DEEP,
        ProblemKind::BadCharacter => code::SYNTAX_BAD_CHARACTER,
        ProblemKind::BadSlashdash => code::SYNTAX_BAD_SLASHDASH,
        ProblemKind::EntryAfterChildren => code::SYNTAX_ENTRY_AFTER_CHILDREN,
        ProblemKind::UnexpectedToken => code::SYNTAX_UNEXPECTED_TOKEN,
        ProblemKind::KdlOne => code::SYNTAX_KDL_1,
        ProblemKind::TooLarge => code::SYNTAX_TOO_LARGE,
        ProblemKind::TooMany => code::SYNTAX_TOO_MANY_MISTAKES,
    }
}
