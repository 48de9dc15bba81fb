"""Everything that a shell will run: `run` blocks of workflows, scripts, and the commands that documents tell people to type."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import yaml

from .core import Check, Finding, Tools, Tree, matching
from .workflows import WORKFLOW

EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<language>[\w-]*)[^\n]*\n(?P<body>.*?)^(?P=indent)(?P=ticks)", re.M | re.S)
SHEBANG = re.compile(r"^#! ?/(usr/)?bin/(env )?(ba|da)?sh\b")


@dataclass(frozen=True)
class Piece:
    """A piece of shell inside of a larger file, and the line it begins at."""

    file: str
    line: int
    shell: str
    text: str


def run_blocks(tree: Tree, file: str) -> list[Piece]:
    """The `run` blocks of a workflow with the shell each is given."""
    node = yaml.compose(tree.text(file), Loader=yaml.SafeLoader)
    top = _fields(node)
    pieces = []
    for _, job in (_items(top.get("jobs"))):
        body = _fields(job)
        default = _default_shell(body) or _default_shell(top) or "bash"
        steps = body.get("steps")
        for step in steps.value if isinstance(steps, yaml.SequenceNode) else []:
            fields = _fields(step)
            if "run" not in fields:
                continue
            shell = fields["shell"].value if "shell" in fields else default
            run = fields["run"]
            # A block scalar's text begins on the line after its `|`.
            first = run.start_mark.line + (2 if run.style in ("|", ">") else 1)
            pieces.append(Piece(file, first, shell.split()[0], run.value))
    return pieces


def _items(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    return [(key.value, value) for key, value in node.value] if isinstance(node, yaml.MappingNode) else []


def _fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return dict(_items(node))


def _default_shell(fields: dict[str, yaml.Node]) -> str | None:
    run = _fields(_fields(fields.get("defaults")).get("run"))
    return run["shell"].value if "shell" in run else None


def workflow_runs(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    findings = []
    for file in files:
        for piece in run_blocks(tree, file):
            if piece.shell not in ("bash", "sh"):
                findings.append(Finding(file, f"no validator knows the shell {piece.shell}", piece.line))
                continue
            # The same number of characters, so that columns stay true and quoting is judged as it will be.
            plain = EXPRESSION.sub(lambda found: "_" * len(found.group()), piece.text)
            findings += shellcheck(tools, piece, plain, "style")
    return findings


def shellcheck(tools: Tools, piece: Piece, text: str, severity: str) -> list[Finding]:
    command = [tools.python("shellcheck"), "--norc", "-f", "json", "-S", severity, "-s", piece.shell, "-"]
    done = tools.run(command, stdin=text)
    return [
        Finding(piece.file, f"{one['message']} [SC{one['code']}]", piece.line + one["line"] - 1)
        for one in json.loads(done.stdout)
    ]


def scripts(tree: Tree) -> list[str]:
    named = set(tree.matching(r"\.(sh|bash)$"))
    # A script needs no ending, only a first line; what is not text is no script.
    for file in tree.files:
        with open(tree.path(file), "rb") as opened:
            if SHEBANG.match(opened.readline(80).decode("utf-8", "replace")):
                named.add(file)
    return sorted(named)


def script_shellcheck(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    done = tools.run([tools.python("shellcheck"), "--norc", "-x", "-f", "json", "-S", "style", *files], cwd=tree.root)
    return [
        Finding(one["file"], f"{one['message']} [SC{one['code']}]", one["line"]) for one in json.loads(done.stdout)
    ]


def script_shfmt(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    findings = []
    for file in files:
        done = tools.run([tools.python("shfmt"), file], cwd=tree.root)
        if done.returncode:
            findings.append(Finding(file, done.stderr.strip()))
    return findings


def fences(tree: Tree, file: str, languages: tuple[str, ...]) -> list[Piece]:
    text = tree.text(file)
    pieces = []
    for found in FENCE.finditer(text):
        if found["language"].lower() in languages:
            line = text.count("\n", 0, found.start("body")) + 1
            indent = found["indent"]
            body = "".join(one.removeprefix(indent) for one in found["body"].splitlines(keepends=True))
            pieces.append(Piece(file, line, "bash", body))
    return pieces


def document_commands(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    findings = []
    for file in files:
        for piece in fences(tree, file, ("bash", "sh", "shell")):
            done = tools.run(["bash", "--norc", "-n"], fine=(0, 1, 2), stdin=piece.text)
            if done.returncode:
                findings.append(Finding(file, done.stderr.strip(), piece.line))
            findings += shellcheck(tools, piece, piece.text, "error")
            # Angle brackets are how people write a hole; a shell reads them as files.
            for number, line in enumerate(piece.text.splitlines()):
                if hole := re.search(r"<[A-Za-z]([\w -]*\w)?>", line):
                    findings.append(Finding(file, f"a command with the hole {hole.group()} cannot be run", piece.line + number))
    return findings


def with_commands(tree: Tree) -> list[str]:
    return [file for file in tree.matching(r"\.md$") if fences(tree, file, ("bash", "sh", "shell"))]


CHECKS = (
    Check("run-shellcheck", matching(WORKFLOW), workflow_runs),
    Check("script-shellcheck", scripts, script_shellcheck),
    Check("script-shfmt", scripts, script_shfmt),
    Check("document-commands", with_commands, document_commands),
)
