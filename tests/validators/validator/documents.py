"""Markdown: markdownlint, links and anchors that resolve, and Mermaid diagrams that parse."""

from __future__ import annotations

import re

from .core import Broken, Check, Finding, Tools, Tree, lines_of, matching
from .shells import fences

MARKDOWN = r"\.md$"
LINE = re.compile(r"^(?P<file>[^:\n]+\.md):(?P<line>\d+)(:\d+)? (error |warning )?(?P<message>.*)$")


def markdownlint(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    configuration = tree.root.parent / "deployc.markdownlint.json"
    # Tables and links make long lines; every other default rule holds.
    configuration.write_text('{"default": true, "MD013": false}\n', encoding="utf-8")
    command = [tools.node("markdownlint-cli2"), "--config", str(configuration), *(f":{file}" for file in files)]
    done = tools.run(command, cwd=tree.root)
    findings = [
        Finding(found["file"], found["message"], int(found["line"])) for line in lines_of(done) if (found := LINE.match(line))
    ]
    if done.returncode and not findings:
        raise Broken(f"markdownlint-cli2: {done.stdout}{done.stderr}")
    return findings


def with_diagrams(tree: Tree) -> list[str]:
    return [file for file in tree.matching(MARKDOWN) if fences(tree, file, ("mermaid",))]


def with_addresses(tree: Tree) -> list[str]:
    """Files other than documents whose links lead into documents of the tree."""
    return [
        file
        for file in tree.matching(r"\.(ya?ml|json)$")
        if "/blob/" in tree.text(file) or re.search(r"runbook_url", tree.text(file))
    ]


CHECKS = (
    Check("markdownlint", matching(MARKDOWN), markdownlint),
    Check("links", matching(MARKDOWN), lambda tools, tree, files: tools.script("links.mjs", tree, files)),
    Check("runbook-links", with_addresses, lambda tools, tree, files: tools.script("links.mjs", tree, files)),
    Check("mermaid", with_diagrams, lambda tools, tree, files: tools.script("mermaid.mjs", tree, files)),
)
