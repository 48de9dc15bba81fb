//! Scripts: every word reaches the command as it was meant, whatever quotes its hole stands in.

use std::process::{Command, Stdio};

use deployc::artifact::{Artifact, Group, Script, Word, map};
use deployc::source::Origin;

use super::{hostile, yaml_of};

/// Runs a script and gives back what it printed.
fn bash(script: &str) -> Vec<u8> {
    run("bash", script)
}

fn run(interpreter: &str, script: &str) -> Vec<u8> {
    use std::io::Write;
    let mut child = Command::new(interpreter).arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let script = script.as_bytes().to_vec();
    let writer = std::thread::spawn(move || input.write_all(&script).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    output.stdout
}

/// No shell can hold a NUL in a word; the printer says so with a replacement character.
fn as_a_shell_holds_it(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

#[test]
fn every_hostile_word_reaches_the_command() {
    const PLACES: [&str; 7] = [
        "printf '%s\\0' {word}",
        "printf '%s\\0' \"{word}\"",
        "printf '%s\\0' '{word}'",
        "printf '%s\\0' $'{word}'",
        "printf '%s\\0' \"$(printf '%s.' {word})\"",
        "printf '%s\\0' \"$(printf '%s.' \"<{word}>\")\"",
        "printf '%s\\0' \"${UNSET:-{word}}\"",
    ];
    let mut script = Script::strict();
    let mut meant = Vec::new();
    for hostile in hostile() {
        for (number, place) in PLACES.into_iter().enumerate() {
            script.line(place, &[("word", Word::text(&hostile))]);
            let held = as_a_shell_holds_it(&hostile);
            meant.push(match number {
                4 => format!("{held}."),
                5 => format!("<{held}>."),
                _ => held,
            });
        }
    }
    let printed = bash(&deployc::render::script(&script));
    let found: Vec<String> =
        printed.split(|byte| *byte == 0).map(|word| String::from_utf8(word.to_vec()).unwrap()).collect();
    assert_eq!(found.len(), meant.len() + 1);
    for (number, (found, meant)) in found.iter().zip(&meant).enumerate() {
        assert_eq!(found, meant, "{}", PLACES[number % PLACES.len()]);
    }
}

#[test]
fn every_hostile_word_reaches_a_command_of_any_shell() {
    const PLACES: [&str; 3] = ["printf '%s\\0' {word}", "printf '%s\\0' \"{word}\"", "printf '%s\\0' '{word}'"];
    let mut script = Script::posix();
    let mut meant = Vec::new();
    for hostile in hostile().into_iter().filter(|hostile| !hostile.contains('\0')) {
        for place in PLACES {
            script.line(place, &[("word", Word::text(&hostile))]);
            meant.extend(hostile.bytes().chain([0]));
        }
    }
    assert!(run("sh", &deployc::render::script(&script)) == meant);
}

#[test]
fn variables_and_lists_are_words() {
    let mut script = Script::strict();
    script.line("A='x  y'", &[]);
    for place in ["{a}", "--a={a}", "\"<{a}>\"", "'<{a}>'", "$'<{a}>'", "\"$(echo {a})\"", "\"${A:+{a}}\""] {
        script.line(&format!("printf '[%s]' {place}"), &[("a", Word::var("A"))]);
    }
    script.line("printf '[%s]' {all}", &[("all", Word::texts(["a b", "c", ""]))]);
    let joined = Word::Joined(vec![Word::text("a b/"), Word::var("A"), Word::text("@c")]);
    script.line("printf '[%s]' {joined}", &[("joined", joined)]);
    script.line("printf '[%s]' {raw}", &[("raw", Word::raw("$(echo hi) \"$A\""))]);
    let printed = String::from_utf8(bash(&deployc::render::script(&script))).unwrap();
    let seven = "[x  y][--a=x  y][<x  y>][<x  y>][<x  y>][x  y][x  y]";
    assert_eq!(printed, format!("{seven}[a b][c][][a b/x  y@c][hi][x  y]"));
}

fn everything() -> Script {
    let mut script = Script::file();
    script
        .comment("Several\nlines.")
        .function("usage", |body| {
            body.heredoc("cat", &[], "usage: x [--dry-run]\n\n  $NOT \"expanded\"\nEOF\n");
        })
        .line("mode=${1:-none}", &[])
        .case("{mode}", &[("mode", Word::var("mode"))], |cases| {
            cases.arm("{first}|-h", &[("first", Word::text("a b*"))], |body| {
                body.line("usage", &[]).line("exit 0", &[]);
            });
            cases.arm("*", &[], |body| {
                body.line(":", &[]);
            });
        })
        .when_else(
            "[[ {mode} == {none} ]]",
            &[("mode", Word::var("mode")), ("none", Word::text("none"))],
            |then| {
                then.each("item", "{items}", &[("items", Word::texts(["a b", "c"]))], |body| {
                    body.long(
                        &["printf '%s\\n'", "{item}", "{text}"],
                        &[("item", Word::var("item")), ("text", Word::text("it's $5"))],
                    );
                });
            },
            |otherwise| {
                otherwise.line("exit 1", &[]);
            },
        )
        .blank()
        .subshell(|body| {
            body.line("cd /", &[]).line("pwd", &[]);
        })
        .line("count=0", &[])
        .repeat_until("(( count >= 2 ))", &[], |body| {
            body.line("count=$((count + 1))", &[]);
        })
        .repeat_while("(( count > 0 ))", &[], |body| {
            body.line("count=$((count - 1))", &[]);
        })
        .line("echo {count}", &[("count", Word::var("count"))]);
    script
}

#[test]
fn a_file_of_blocks_runs_and_is_clean() {
    assert!(everything().faults().is_empty(), "{:?}", everything().faults());
    let file = Artifact::shell("x.sh", Group::CiCd, everything(), &Origin::rule("a test"));
    let text = deployc::render::text(&file);
    insta::assert_snapshot!(text);
    assert_eq!(String::from_utf8(bash(&text)).unwrap(), "a b\nit's $5\nc\nit's $5\n/\n0\n");
    let checked = Command::new("shellcheck")
        .args(["--shell=bash", "--enable=all", "--exclude=SC2250", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    // The validators insist on shellcheck; here it is used where it is installed.
    if let Ok(mut child) = checked {
        use std::io::Write;
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn a_usage_of_hostile_text_is_printed_as_it_is() {
    let mut script = Script::strict();
    let mut meant = String::new();
    for (number, hostile) in hostile().into_iter().filter(|hostile| !hostile.contains('\0')).enumerate() {
        let name = format!("usage_{number}");
        script.function(&name, |body| {
            body.heredoc("cat", &[], hostile.clone());
        });
        script.line(&name, &[]);
        meant.push_str(&hostile);
        meant.push_str(if hostile.ends_with('\n') { "" } else { "\n" });
    }
    assert_eq!(String::from_utf8(bash(&deployc::render::script(&script))).unwrap(), meant);
}

#[test]
fn a_run_block_reads_back_as_the_script() {
    let mut script = everything();
    script.prologue = deployc::artifact::Prologue::Strict;
    let tree = map().put("run", script.clone()).put("one", Script::of("echo {x}", &[("x", Word::text("a b"))]));
    let read: serde_json::Value = serde_saphyr::from_str(&yaml_of(tree)).unwrap();
    assert_eq!(read["run"], deployc::render::script(&script));
    assert_eq!(read["one"], "echo 'a b'");
}

#[test]
fn a_template_that_does_not_fit_its_words_is_told() {
    let script = Script::of("echo {a} ${b} {c}", &[("a", Word::text("x")), ("d", Word::text("y"))]);
    assert_eq!(
        script.faults(),
        ["nothing fills `{c}` of `echo {a} ${b} {c}`", "`echo {a} ${b} {c}` has no hole `{d}`"]
    );
}

#[test]
fn a_command_of_the_user_is_verbatim() {
    let command = "cat <<EOF\n  a\n\tb\nEOF\necho '{x}' {y}";
    assert_eq!(deployc::render::script(&Script::user(command)), format!("{command}\n"));
}
