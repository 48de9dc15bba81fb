//! The definition of the command line: every command and option, once; help and completions come from it.

use clap::builder::styling::Styles;
use clap::{Arg, ArgAction, ArgMatches, Command as Clap, value_parser};

use clap_complete::Shell;

use crate::artifact::Group;
use crate::cli::Exit;

/// The commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Writes the files.
    Build,
    /// Judges the input.
    Check,
    /// Formats it.
    Fmt,
    /// Explains a finding.
    Explain,
    /// Shows the standard library.
    Std,
    /// Prints the canonical form of a document.
    Syntax,
    /// Removes generated files.
    Clean,
    /// Tells why a line is there.
    Why,
    /// Draws the project.
    Graph,
    /// Prints completions for a shell.
    Completions,
}

/// Every command with its name.
const COMMANDS: &[(&str, Command)] = &[
    ("build", Command::Build),
    ("check", Command::Check),
    ("fmt", Command::Fmt),
    ("explain", Command::Explain),
    ("std", Command::Std),
    ("syntax", Command::Syntax),
    ("clean", Command::Clean),
    ("why", Command::Why),
    ("graph", Command::Graph),
    ("completions", Command::Completions),
];

impl Command {
    /// The command that was given, and its own options.
    pub(super) fn of(matches: &ArgMatches) -> Option<(Command, &ArgMatches)> {
        let (name, own) = matches.subcommand()?;
        COMMANDS.iter().find(|(known, _)| *known == name).map(|(_, command)| (*command, own))
    }
}

/// Prints what clap has to say: help on stdout, complaints on stderr.
pub(super) fn told(error: &clap::Error) -> Exit {
    // A closed pipe is no reason to fail: nobody reads it.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Fine }
}

/// The whole command line.
pub(super) fn definition() -> Clap {
    Clap::new("deployc")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A compiler for deployments: reads deploy.kdl, checks that its pieces agree, and writes what production needs")
        .styles(Styles::plain())
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .args(global())
        .subcommands([build(), check(), fmt(), why(), explain(), graph(), library(), syntax(), clean(), shells()])
}

fn global() -> [Arg; 6] {
    let choice = |name: &'static str, values: &'static [&'static str], default: &'static str| {
        Arg::new(name).long(name).value_parser(values.to_vec()).default_value(default).global(true)
    };
    [
        choice("format", &["human", "json", "sarif", "github"], "human")
            .help("How findings are printed")
            .hide_possible_values(false),
        choice("color", &["auto", "always", "never"], "auto").help("When colours are used"),
        Arg::new("directory").short('C').value_name("DIR").global(true).help("Look for deploy.kdl in DIR and above it"),
        Arg::new("quiet")
            .short('q')
            .long("quiet")
            .action(ArgAction::SetTrue)
            .global(true)
            .help("Print findings and results only"),
        Arg::new("deny")
            .long("deny")
            .value_name("WHAT")
            .value_parser(["warnings"])
            .global(true)
            .help("Treat warnings as errors"),
        Arg::new("today")
            .long("today")
            .value_name("DATE")
            .global(true)
            .help("The date that expiries are judged by (default: today)"),
    ]
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn file() -> Arg {
    Arg::new("file").value_name("FILE").help("Another file than deploy.kdl")
}

fn build() -> Clap {
    let groups: Vec<&'static str> = Group::ALL.iter().map(|group| group.name()).collect();
    Clap::new("build")
        .about("Check deploy.kdl and write every file")
        .arg(file())
        .arg(Arg::new("out").long("out").value_name("DIR").help("Write into DIR instead of the project"))
        .arg(flag("check", "Write nothing; exit with 1 if a file is not as it would be written"))
        .arg(flag("diff", "Write nothing; print what would change, and exit with 1 if anything would"))
        .arg(flag("dry-run", "Write nothing; print which files would be written"))
        .arg(flag("force", "Replace files that were edited by hand, and files that are not ours"))
        .arg(flag("adopt", "Replace files that were there before deployc"))
        .arg(
            Arg::new("only")
                .long("only")
                .value_name("GROUP")
                .value_delimiter(',')
                .action(ArgAction::Append)
                .value_parser(groups)
                .help("Write these groups only; everything is still checked"),
        )
}

fn check() -> Clap {
    Clap::new("check")
        .about("Check deploy.kdl and write nothing")
        .arg(file())
        .arg(flag("fix", "Make the edits that are certain"))
}

fn fmt() -> Clap {
    Clap::new("fmt")
        .about("Format deploy.kdl and the files it imports")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .num_args(0..)
                .help("The files to format (default: deploy.kdl and its imports)"),
        )
        .arg(flag("check", "Write nothing; exit with 1 if a file is not formatted"))
}

fn explain() -> Clap {
    Clap::new("explain")
        .about("Explain a finding by its code; without one, list the codes")
        .arg(Arg::new("code").value_name("CODE").help("A code, such as secret/client-exposed"))
}

fn library() -> Clap {
    Clap::new("std")
        .about("Show the standard library: platforms, metrics, controls, prices, …")
        .arg(Arg::new("action").value_parser(["list", "show"]).default_value("list").help("What to do"))
        .arg(Arg::new("name").value_name("NAME").help("A kind (`metric`) or a declaration (`metric/up`)"))
}

fn syntax() -> Clap {
    Clap::new("syntax").about("Print a KDL document in canonical form").arg(
        Arg::new("file")
            .value_name("FILE")
            .required(true)
            .value_parser(value_parser!(String))
            .help("The document; - is stdin"),
    )
}

fn clean() -> Clap {
    Clap::new("clean").about("Remove the generated files that nobody edited")
}

fn why() -> Clap {
    Clap::new("why").about("Tell which declarations a generated line comes from").arg(
        Arg::new("place")
            .value_name("FILE[:LINE]")
            .required(true)
            .help("A generated file; with a line, that line alone"),
    )
}

fn graph() -> Clap {
    let kinds = ["promotion", "pipeline", "topology", "trust"];
    Clap::new("graph")
        .about("Draw the project as a Mermaid diagram")
        .arg(Arg::new("kind").long("kind").value_parser(kinds).default_value("topology").help("What is drawn"))
}

fn shells() -> Clap {
    Clap::new("completions")
        .about("Print completions for a shell")
        .arg(Arg::new("shell").required(true).value_parser(value_parser!(Shell)).help("The shell"))
}

/// `deployc completions SHELL`: the script on stdout.
pub(super) fn completions(own: &ArgMatches) -> Exit {
    let Some(shell) = own.get_one::<Shell>("shell") else { return Exit::Usage };
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut definition(), "deployc", &mut script);
    crate::cli::context::print(&String::from_utf8_lossy(&script));
    Exit::Fine
}
