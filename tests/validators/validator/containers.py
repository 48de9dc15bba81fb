"""Container files: hadolint over Dockerfiles, the schema and the real `config` command over Compose files."""

from __future__ import annotations

import json
import os
import re
import shutil

from . import schemas
from .core import Check, Finding, Tools, Tree, lines_of, matching

DOCKERFILE = r"(^|/)(Dockerfile(\.(?!dockerignore$)[\w-]+)?|[\w-]+\.Dockerfile)$"
COMPOSE = r"(^|/)(docker-)?compose(\.[\w-]+)?\.ya?ml$"
REQUIRED_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+):?\?")


def hadolint(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    empty = tree.root.parent / "hadolint.yaml"
    empty.write_text("{}\n", encoding="utf-8")
    command = [tools.python("hadolint"), "--config", str(empty), "--failure-threshold", "info", "--format", "json"]
    done = tools.run([*command, *files], cwd=tree.root)
    return [
        Finding(one["file"], f"{one['message']} [{one['code']} {one['level']}]", one["line"])
        for one in json.loads(done.stdout)
    ]


def compose_config(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    """Runs the real command, with a value for each variable that the file demands of its reader."""
    findings = []
    _place_environment_examples(tree)
    for file in files:
        demanded = {name: "1" for name in REQUIRED_VARIABLE.findall(tree.text(file))}
        environment = {"PATH": os.environ["PATH"], "HOME": str(tree.root.parent), **demanded}
        command = [tools.go("docker-compose"), "--file", file, "--profile", "*", "config", "--quiet"]
        done = tools.run(command, cwd=tree.root, environment=environment)
        # A warning is a finding too: a variable that nobody sets becomes an empty string in silence.
        if done.returncode or lines_of(done):
            findings.append(Finding(file, "\n".join(lines_of(done))))
    return findings


def _place_environment_examples(tree: Tree) -> None:
    """People copy `x.env.example` to `x.env`; the scratch copy does as they do."""
    for example in tree.matching(r"\.env\.example$|(^|/)\.env\.example$"):
        wanted = tree.path(example.removesuffix(".example"))
        if not wanted.exists():
            shutil.copy(tree.path(example), wanted)


CHECKS = (
    Check("hadolint", matching(DOCKERFILE), hadolint),
    Check("compose-schema", matching(COMPOSE), schemas.builtin("vendor.compose-spec")),
    Check("compose-config", matching(COMPOSE), compose_config),
    schemas.by_reference("compose-reference-schema", "compose-spec.json", COMPOSE),
)
