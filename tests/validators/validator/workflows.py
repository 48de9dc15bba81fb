"""GitHub workflows: actionlint, zizmor, GitHub's own language service, and the schema."""

from __future__ import annotations

import json

from . import schemas
from .core import Check, Finding, Tools, Tree, matching

WORKFLOW = r"^\.github/workflows/[^/]+\.ya?ml$"
AUDITED = r"^\.github/(workflows/[^/]+|dependabot|actions/.+/action)\.ya?ml$"


def actionlint(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    empty = tree.root.parent / "actionlint.yaml"
    empty.write_text("", encoding="utf-8")
    shell = tools.python("shellcheck")
    command = [tools.go("actionlint"), "-no-color", "-config-file", str(empty), "-shellcheck", shell, "-pyflakes="]
    done = tools.run([*command, "-format", "{{json .}}", *files], cwd=tree.root)
    return [Finding(one["filepath"], f"{one['message']} [{one['kind']}]", one["line"]) for one in json.loads(done.stdout)]


def zizmor(tools: Tools, tree: Tree, files: list[str]) -> list[Finding]:
    command = [tools.python("zizmor"), "--offline", "--persona", "auditor", "--no-config", "--quiet", "--format", "json"]
    # 11 to 14 say how bad the worst finding is.
    done = tools.run([*command, *files], cwd=tree.root, fine=(0, 11, 12, 13, 14))
    return [_zizmor_finding(one) for one in json.loads(done.stdout) if not one["ignored"]]


def _zizmor_finding(one: dict) -> Finding:
    primary = next(
        (place for place in one["locations"] if place["symbolic"]["kind"] == "Primary"), one["locations"][0]
    )
    file = next(iter(primary["symbolic"]["key"].values()))["verbatim_path"]
    line = primary["concrete"]["location"]["start_point"]["row"] + 1
    return Finding(file, f"{one['desc']}: {primary['symbolic']['annotation']} [{one['ident']}]", line)


CHECKS = (
    Check("actionlint", matching(WORKFLOW), actionlint),
    Check("zizmor", matching(AUDITED), zizmor),
    Check(
        "github-languageservice",
        matching(WORKFLOW),
        lambda tools, tree, files: tools.script("workflow.mjs", tree, files),
    ),
    Check("workflow-schema", matching(WORKFLOW), schemas.builtin("vendor.github-workflows")),
    Check("dependabot-schema", matching(r"^\.github/dependabot\.ya?ml$"), schemas.builtin("vendor.dependabot"), rare=True),
    Check("renovate-schema", matching(r"(^|/)renovate\.json5?$"), schemas.builtin("vendor.renovate"), rare=True),
)
