//! The commands of a script, as far as predicates read them: what is run, told apart from what is only printed.

use std::iter::Peekable;
use std::str::Chars;

/// Words of the shell that stand in front of a command.
const BEFORE: &[&str] = &["if", "then", "else", "elif", "do", "while", "until", "!", "{", "exec", "time"];

/// Commands that only print what stands behind them.
const PRINTS: &[&str] = &["echo", "printf", ":"];

/// Every command of a script that is run, those inside of substitutions included.
pub(super) fn commands(script: &str) -> impl Iterator<Item = String> {
    Reader::default().read(script).into_iter().filter(|command| {
        let mut words = command.split_whitespace();
        let program = words.find(|word| !BEFORE.contains(word) && !is_assignment(word));
        program.is_some_and(|program| !PRINTS.contains(&program))
    })
}

/// `NAME=value` in front of a command.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

/// Reads a script letter by letter.
#[derive(Default)]
struct Reader {
    found: Vec<String>,
    /// The command that is being read, and those around it whose substitution is being read.
    current: String,
    around: Vec<(String, Option<char>)>,
    quote: Option<char>,
    /// The words that end the texts which begin on the next line.
    texts: Vec<String>,
}

/// The letters that are still to be read.
type Letters<'s> = Peekable<Chars<'s>>;

impl Reader {
    fn read(mut self, script: &str) -> Vec<String> {
        let mut letters = script.chars().peekable();
        while let Some(letter) = letters.next() {
            match (self.quote, letter) {
                (Some('\''), '\'') => self.quote = None,
                (Some('\''), _) => self.current.push(letter),
                (_, '\\') => match letters.next() {
                    // A line that goes on.
                    Some('\n') | None => self.current.push(' '),
                    Some(next) => self.current.push(next),
                },
                (_, '$') if letters.peek() == Some(&'(') => {
                    letters.next();
                    self.around.push((std::mem::take(&mut self.current), self.quote.take()));
                }
                (Some(_), '"') => self.quote = None,
                (Some(_), _) => self.current.push(letter),
                (None, '\'' | '"') => self.quote = Some(letter),
                (None, ')') => self.close(),
                (None, '#') if self.current.trim().is_empty() => {
                    while letters.next_if(|next| *next != '\n').is_some() {}
                }
                (None, '<') if letters.peek() == Some(&'<') => {
                    letters.next();
                    self.heredoc(&mut letters);
                }
                (None, '\n') => {
                    self.end();
                    self.skip(&mut letters);
                }
                (None, ';' | '|' | '&' | '(') => self.end(),
                (None, _) => self.current.push(letter),
            }
        }
        while !self.around.is_empty() {
            self.close();
        }
        self.end();
        self.found
    }

    /// Behind `<<`: the word that ends a text, unless `<<<` hands over a word of the line.
    fn heredoc(&mut self, letters: &mut Letters<'_>) {
        if letters.next_if_eq(&'<').is_some() {
            return;
        }
        while letters.next_if(|next| *next == '-' || *next == ' ').is_some() {}
        let mut word = String::new();
        while let Some(next) = letters.next_if(|next| !next.is_whitespace() && !";|&)".contains(*next)) {
            word.push(next);
        }
        self.texts.push(word.trim_matches(['\'', '"', '\\']).to_owned());
    }

    /// Passes over the texts that begin here.
    fn skip(&mut self, letters: &mut Letters<'_>) {
        for end in std::mem::take(&mut self.texts) {
            loop {
                let line: String = std::iter::from_fn(|| letters.next_if(|next| *next != '\n')).collect();
                if letters.next().is_none() || line.trim_start_matches('\t') == end {
                    break;
                }
            }
        }
    }

    /// The end of a command.
    fn end(&mut self) {
        let command = std::mem::take(&mut self.current);
        if !command.trim().is_empty() {
            self.found.push(command.trim().to_owned());
        }
    }

    /// The end of a substitution: the command around it goes on.
    fn close(&mut self) {
        self.end();
        if let Some((current, quote)) = self.around.pop() {
            (self.current, self.quote) = (current, quote);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_run_is_told_apart_from_what_is_printed() {
        let script = r#"set -euo pipefail
# ops/deploy.sh is only named here
echo "::error::go on with ops/deploy.sh; or ops/rollback.sh"
if ! IMAGE=x ops/verify.sh --digest "$A" 'b; c'; then
  echo before="$(ops/verify.sh --digest staging "$SERVICE" || echo unknown)" | tee -a out
fi
gh attestation verify "oci://x" \
  --repo y && (cosign verify z)
cat <<'EOF' | tr a b
it's ops/deploy.sh
EOF
jq . <<<"$x"
"#;
        let found: Vec<String> = commands(script).collect();
        assert_eq!(
            found,
            [
                "set -euo pipefail",
                "if ! IMAGE=x ops/verify.sh --digest $A b; c",
                "ops/verify.sh --digest staging $SERVICE",
                "tee -a out",
                "fi",
                "gh attestation verify oci://x    --repo y",
                "cosign verify z",
                "cat",
                "tr a b",
                "jq . $x",
            ]
        );
    }
}
