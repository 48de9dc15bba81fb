//! The words for each mistake of a brace: what is wrong, why here, what to do.

use super::mistake::short;
use super::problem::{Problem, ProblemKind};
use crate::source::Span;

pub(super) fn unexpected_brace(span: Span) -> Problem {
    Problem::new(ProblemKind::UnexpectedBrace, span, "this `}` closes no block", "no `{` is open here")
        .help("remove it, or add the `{` that it should close")
}

pub(super) fn unclosed_brace(
    innermost: Span,
    name: &str,
    others: &[Span],
    suspect: Option<(Span, Span)>,
    count: usize,
) -> Problem {
    if let Some((open, close)) = suspect {
        return Problem::new(
            ProblemKind::UnclosedBrace,
            open,
            "this block is not closed",
            "this `{` has no `}` of its own",
        )
        .also(close, "this `}` is indented as if it closed an outer block")
        .help("add the missing `}`")
        .displacing();
    }
    let message = match (name.is_empty(), count) {
        (false, 1) => format!("the block of `{}` is not closed", short(name)),
        (true, 1) => "this block is not closed".to_owned(),
        (_, count) => format!("{count} blocks are not closed"),
    };
    let mut problem = Problem::new(ProblemKind::UnclosedBrace, innermost, message, "this `{` has no `}`");
    for &other in others {
        problem = problem.also(other, "nor has this one");
    }
    problem.help(if count == 1 { "add the missing `}`" } else { "add the missing `}` of each" }).displacing()
}

/// A block whose end its indentation tells; `behind` is the first thing that is not in it.
pub(super) fn unclosed_block(brace: Span, name: &str, behind: Option<Span>) -> Problem {
    let message = match name {
        "" => "this block is not closed".to_owned(),
        name => format!("the block of `{}` is not closed", short(name)),
    };
    let problem = Problem::new(ProblemKind::UnclosedBrace, brace, message, "this `{` has no `}`");
    match behind {
        Some(behind) => {
            problem.also(behind, "by its indentation, the block ends before this").help("add the missing `}` before it")
        }
        None => problem.help("add the missing `}`"),
    }
}

pub(super) fn brace_on_next_line(brace: Span, name: &str, node_end: u32, text: &str) -> Problem {
    let gap = text.get(node_end as usize..brace.start as usize).unwrap_or_default();
    let message = format!("the `{{` of `{}` must be on the line of its node", short(name));
    let problem = Problem::new(ProblemKind::UnexpectedToken, brace, message, "a line break ends the node")
        .also(Span { start: node_end, end: node_end, ..brace }, "the node ends here")
        .help("write the `{` at the end of that line");
    if gap.chars().all(char::is_whitespace) {
        return problem.fix("join the lines", Span { start: node_end, ..brace }, " {");
    }
    problem
}

pub(super) fn block_without_node(span: Span) -> Problem {
    Problem::new(
        ProblemKind::UnexpectedToken,
        span,
        "this block belongs to no node",
        "a node's name must come before `{`",
    )
    .help("write the name of the node before it")
}

pub(super) fn second_block(span: Span) -> Problem {
    Problem::new(ProblemKind::EntryAfterChildren, span, "a node has only one children block", "this is one more")
        .help("move its nodes into the first block")
}
