//! Commands of the user: a shell runs them as they are written, so that what no shell reads is told where it stands.

use std::ops::Range;

use super::ValueError;

const EXPECTED: &str = "command";

/// A command line of the user.
pub struct Command;

impl Command {
    /// Whether a shell reads the text to its end. Words are not judged: what is run is the user's own.
    ///
    /// # Errors
    /// When nothing is run, a character does not show, an operator has nothing on one side, or what was opened is not
    /// closed.
    pub fn judge(text: &str) -> Result<(), ValueError> {
        if text.trim().is_empty() {
            let error = ValueError::new(EXPECTED, 0..text.len(), "expected command, found nothing");
            return Err(error.with_help("write what is run, or leave it out"));
        }
        hidden(text)?;
        dangling(text)?;
        // The text of a here-document is no shell, and the patterns of `case` close what nothing opened.
        if text.contains("<<") || text.split_whitespace().any(|word| word == "case") {
            return Ok(());
        }
        Scan::new(text).run()
    }
}

/// A character that people do not see, and the shell does.
fn hidden(text: &str) -> Result<(), ValueError> {
    let unseen = |character: char| match character {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        other => other.is_control() || ('\u{e0000}'..='\u{e0fff}').contains(&other),
    };
    match text.char_indices().find(|(_, character)| unseen(*character)) {
        Some((at, character)) => {
            let message = format!("the command holds `{}`, which nobody sees", character.escape_unicode());
            let error = ValueError::new(EXPECTED, at..at + character.len_utf8(), message);
            Err(error.with_help("remove it; `printf` makes such a character where one is wanted"))
        }
        None => Ok(()),
    }
}

/// An operator at the beginning or the end.
fn dangling(text: &str) -> Result<(), ValueError> {
    let inner = text.trim();
    let start = text.len() - text.trim_start().len();
    if inner.starts_with(['|', '&', ';']) {
        let message = format!("no command stands before `{}`", &inner[..1]);
        return Err(ValueError::new(EXPECTED, start..start + 1, message).with_help("begin with a command"));
    }
    let operator = ["&&", "|"].into_iter().find(|operator| inner.ends_with(operator));
    if let Some(operator) = operator.filter(|operator| !inner.trim_end_matches(operator).ends_with('\\')) {
        let end = start + inner.len();
        let message = format!("no command stands behind `{operator}`");
        return Err(ValueError::new(EXPECTED, end - operator.len()..end, message).with_help("end with a command"));
    }
    Ok(())
}

/// What was opened and is to be closed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened {
    /// `'`.
    Single,
    /// `$'`.
    Dollar,
    /// `"`.
    Double,
    /// `` ` ``.
    Backtick,
    /// `(` or `$(`.
    Parenthesis,
    /// `${`.
    Brace,
}

struct Scan<'t> {
    text: &'t str,
    open: Vec<(Opened, Range<usize>)>,
    at: usize,
}

impl<'t> Scan<'t> {
    fn new(text: &'t str) -> Self {
        Scan { text, open: Vec::new(), at: 0 }
    }

    fn run(mut self) -> Result<(), ValueError> {
        while let Some(next) = self.rest().chars().next() {
            match self.open.last().map(|(opened, _)| *opened) {
                Some(Opened::Single) => self.until("'", next),
                _ if next == '\\' => self.escape()?,
                Some(Opened::Dollar) => self.until("'", next),
                Some(Opened::Double) => self.quoted(next),
                Some(Opened::Brace) if next == '}' => self.close(1),
                Some(Opened::Backtick | Opened::Parenthesis | Opened::Brace) | None => self.bare(next)?,
            }
        }
        match self.open.pop() {
            Some((_, place)) => {
                let message = format!("`{}` is not closed", &self.text[place.clone()]);
                Err(ValueError::new(EXPECTED, place, message).with_help("close it, or write `\\` before it"))
            }
            None => Ok(()),
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn until(&mut self, close: &str, next: char) {
        if self.rest().starts_with(close) {
            self.close(close.len());
        } else {
            self.at += next.len_utf8();
        }
    }

    fn open(&mut self, opened: Opened, length: usize) {
        self.open.push((opened, self.at..self.at + length));
        self.at += length;
    }

    fn close(&mut self, length: usize) {
        self.open.pop();
        self.at += length;
    }

    fn escape(&mut self) -> Result<(), ValueError> {
        let Some(escaped) = self.rest().chars().nth(1) else {
            let error = ValueError::new(EXPECTED, self.at..self.at + 1, "nothing stands behind `\\`");
            return Err(error.with_help("remove it, or write what it is before"));
        };
        self.at += 1 + escaped.len_utf8();
        Ok(())
    }

    /// What means something in double quotes.
    fn quoted(&mut self, next: char) {
        match next {
            '"' => self.close(1),
            _ => self.expansion(next),
        }
    }

    /// What means something in double quotes and outside of them.
    fn expansion(&mut self, next: char) {
        let rest = self.rest();
        if rest.starts_with("$(") {
            self.open(Opened::Parenthesis, 2);
        } else if rest.starts_with("${") {
            self.open(Opened::Brace, 2);
        } else if next == '`' && self.open.iter().any(|(opened, _)| *opened == Opened::Backtick) {
            // What was opened in between ends with it, as the shell has it.
            while self.open.pop().is_some_and(|(opened, _)| opened != Opened::Backtick) {}
            self.at += 1;
        } else if next == '`' {
            self.open(Opened::Backtick, 1);
        } else {
            self.at += next.len_utf8();
        }
    }

    /// What means something outside of quotes.
    fn bare(&mut self, next: char) -> Result<(), ValueError> {
        // A default in double quotes, as `"${x:-it's}"`, has its single quotes as text.
        let text = self.open.iter().rev().nth(1).is_some_and(|(opened, _)| *opened == Opened::Double)
            && self.open.last().is_some_and(|(opened, _)| *opened == Opened::Brace);
        let in_brace = self.open.last().is_some_and(|(opened, _)| *opened == Opened::Brace);
        match next {
            '\'' if !text => self.open(Opened::Single, 1),
            '"' => self.open(Opened::Double, 1),
            '$' if self.rest().starts_with("$'") && !text => self.open(Opened::Dollar, 2),
            '(' if !in_brace => self.open(Opened::Parenthesis, 1),
            ')' if !in_brace => match self.open.last() {
                Some((Opened::Parenthesis, _)) => self.close(1),
                _ => {
                    let error = ValueError::new(EXPECTED, self.at..self.at + 1, "`)` closes nothing");
                    return Err(error.with_help("open it, or write `\\` before it"));
                }
            },
            '#' if !in_brace && self.begins_a_word() => {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            }
            _ => self.expansion(next),
        }
        Ok(())
    }

    fn begins_a_word(&self) -> bool {
        let before = self.text.get(..self.at).and_then(|before| before.chars().next_back());
        before.is_none_or(|before| before.is_whitespace() || matches!(before, ';' | '&' | '|' | '('))
    }
}

#[cfg(test)]
mod tests {
    use super::Command;

    fn told(text: &str) -> String {
        match Command::judge(text) {
            Ok(()) => String::new(),
            Err(error) => format!("{:?} {}", error.range, error.message),
        }
    }

    #[test]
    fn what_a_shell_reads_is_taken() {
        for good in [
            "node server.js",
            "echo 'it'\\''s' \"$(date +\"%F\")\" `date`",
            "test -f x || { echo \"no `pwd`/x\"; exit 1; }",
            "echo it\\'s # it's a comment",
            "a && \\\n  b",
            "echo $((1 + (2))) $'it\\'s' ${x:-\"y}\"}",
            "echo \"${x:-it's}\"",
            "case $1 in a) true ;; *) false ;; esac",
            "cat <<EOF\nit's\nEOF",
            "sleep 1 &",
            "echo ${#x} a#b",
            "--flag",
            "echo \\|",
            "\\\"quoted\\\"",
        ] {
            assert_eq!(told(good), "", "{good}");
        }
    }

    #[test]
    fn what_no_shell_reads_is_told_where_it_stands() {
        for (bad, message) in [
            ("", "0..0 expected command, found nothing"),
            (" \n", "0..2 expected command, found nothing"),
            ("echo it's", "7..8 `'` is not closed"),
            ("echo \"$(date\"", "12..13 `\"` is not closed"),
            ("echo $(date", "5..7 `$(` is not closed"),
            ("echo `date", "5..6 `` ` `` is not closed"),
            ("echo ${x", "5..7 `${` is not closed"),
            ("date)", "4..5 `)` closes nothing"),
            ("a\\", "1..2 nothing stands behind `\\`"),
            ("| a", "0..1 no command stands before `|`"),
            (" && a", "1..2 no command stands before `&`"),
            ("a |", "2..3 no command stands behind `|`"),
            ("a && ", "2..4 no command stands behind `&&`"),
            ("rm \u{202e}x", "3..6 the command holds `\\u{202e}`, which nobody sees"),
            ("a\r\nb", "1..2 the command holds `\\u{d}`, which nobody sees"),
        ] {
            assert_eq!(told(bad), message.replace("`` ` ``", "```"), "{bad}");
        }
    }
}
