//! Puts the true names, lines and columns into what ariadne drew of views.

use super::paint::{escape, merged};
use super::view::View;

/// The mark around the number of a view, where its name belongs. No view and no message contains it.
pub(super) const MARK: char = '\u{1}';

/// Writes `name:line:column` where ariadne has `MARK number MARK:line:column`, and the lines of the file in the margin. Drops ariadne's header,
/// superfluous escape sequences and the blanks at the ends of lines.
pub(super) fn located<'v>(drawn: &str, views: &[&'v View]) -> String {
    let body = merged(drawn.split_once('\n').map_or("", |(_, body)| body));
    let widths = |line: fn(&View) -> usize| views.iter().map(|view| digits(line(view))).max().unwrap_or(0);
    // The margin is as wide as the greatest number in it, and the numbers of the file are greater than those of the view.
    let wider = widths(|view| view.line(view.last())).saturating_sub(widths(View::last));
    let mut report = String::with_capacity(body.len());
    let mut current: Option<&'v View> = None;
    for line in body.lines() {
        let line = match header(line, views) {
            Some((view, line)) => {
                current = Some(view);
                " ".repeat(wider) + &line
            }
            None => margin(line, current, wider),
        };
        report.push_str(line.trim_end());
        report.push('\n');
    }
    report
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// A line that names a file, with its view.
fn header<'v>(line: &str, views: &[&'v View]) -> Option<(&'v View, String)> {
    let (before, rest) = line.split_once(MARK)?;
    let (id, rest) = rest.split_once(MARK)?;
    let view = views.get(id.parse::<usize>().ok()?)?;
    let (number, rest) = rest.strip_prefix(':')?.split_once(':')?;
    let (column, rest) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
    let (number, column) = (number.parse().ok()?, column.parse().ok()?);
    let place = format!("{}:{}:{}", view.name, view.line(number), view.column(number, column));
    Some((view, [before, &place, rest].concat()))
}

/// A line with a margin that is wider, and with the line of the file if it has a number.
fn margin(line: &str, view: Option<&View>, wider: usize) -> String {
    let mut rest = line;
    let mut blanks = 0;
    let mut escapes = String::new();
    loop {
        if let Some(behind) = rest.strip_prefix(' ') {
            blanks += 1;
            rest = behind;
        } else if let Some((sequence, behind)) = escape(rest).and_then(|length| rest.split_at_checked(length)) {
            escapes.push_str(sequence);
            rest = behind;
        } else {
            break;
        }
    }
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, behind) = rest.split_at_checked(end).unwrap_or(("", rest));
    let is_margin = behind.starts_with(" │") || behind.starts_with(" |");
    if let (Some(view), Ok(drawn), true) = (view, number.parse::<usize>(), is_margin) {
        let true_number = view.line(drawn).to_string();
        let width = (blanks + number.len() + wider).saturating_sub(true_number.len());
        return [&" ".repeat(width), &escapes, &true_number, behind].concat();
    }
    match rest.chars().next() {
        // The last line is drawn below the margin.
        Some(bar @ ('─' | '-')) if blanks == 0 => [&escapes, &bar.to_string().repeat(wider), rest].concat(),
        _ => " ".repeat(wider) + line,
    }
}
