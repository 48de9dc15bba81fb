"""Proves that every check bites: the good tree passes, and each edit of `fixtures/broken.yaml` is found by its check."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from .__main__ import judged
from .checks import CHECKS
from .core import HERE, Broken, Check, Tools, copied

FIXTURES = HERE / "fixtures"


@dataclass(frozen=True)
class Case:
    """One edit of one file of the good tree, and what its check must then say."""

    check: str
    file: str
    replace: str
    by: str
    expect: str

    def name(self) -> str:
        return f"{self.check}: {self.file}: {self.replace!r} by {self.by!r}"


def failure(case: Case, check: Check, tools: Tools) -> str | None:
    """What is wrong with the check's answer to this case, if anything."""
    with tempfile.TemporaryDirectory(prefix="deployc-self-test-") as scratch:
        tree = copied(FIXTURES / "good", Path(scratch) / "tree")
        text = tree.text(case.file)
        if text.count(case.replace) != 1:
            return f"{case.replace!r} is there {text.count(case.replace)} times, not once"
        tree.path(case.file).write_text(text.replace(case.replace, case.by), encoding="utf-8")
        result = judged(check, tools, tree)
    if result.broken:
        return f"the validator broke: {result.broken}"
    told = [str(finding) for finding in result.findings]
    if not any(re.search(case.expect, one, re.S) for one in told):
        return f"expected {case.expect!r}, was told {told or 'nothing'}"
    return None


def good(check: Check, tools: Tools) -> str | None:
    with tempfile.TemporaryDirectory(prefix="deployc-self-test-") as scratch:
        result = judged(check, tools, copied(FIXTURES / "good", Path(scratch) / "tree"))
    if result.broken:
        return f"the validator broke: {result.broken}"
    if not result.files:
        return "the good tree holds no file for it"
    return "; ".join(map(str, result.findings)) or None


def locked() -> str | None:
    """Of a tree with a lock, only what the lock names is judged, and a name without a file is no tree at all."""
    with tempfile.TemporaryDirectory(prefix="deployc-self-test-") as scratch:
        source = Path(scratch) / "source"
        lock = source / "deploy" / "deployc.lock"
        lock.parent.mkdir(parents=True)
        for name in ("of users.yaml", "of ours.yaml", "deploy.kdl"):
            (source / name).write_text("", encoding="utf-8")
        lock.write_text(f"compiler 0.1.0\nof ours.yaml {'0' * 64} iac\n", encoding="utf-8")
        files = copied(source, Path(scratch) / "first").files
        if files != ("deploy.kdl", "of ours.yaml"):
            return f"the files of a locked tree are {files}"
        (source / "of ours.yaml").unlink()
        try:
            copied(source, Path(scratch) / "second")
        except Broken:
            return None
        return "a lock may name files that are not there"


def main() -> int:
    tools = Tools.found()
    only = set(sys.argv[1:])
    checks = {check.name: check for check in CHECKS if not only or check.name in only}
    text = (FIXTURES / "broken.yaml").read_text(encoding="utf-8")
    cases = [Case(check=check, **one) for check, some in yaml.safe_load(text).items() for one in some]
    failed: list[str] = [f"{case.check}: no such check" for case in cases if not only and case.check not in checks]
    failed += [f"{name}: no broken fixture" for name in sorted(set(checks) - {case.check for case in cases})]
    runnable = {name: check for name, check in checks.items() if check.schema is None or tools.shared is not None}
    cases = [case for case in cases if case.check in runnable]
    tools.node_checks()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        goods = list(pool.map(lambda check: good(check, tools), runnable.values()))
        bads = list(pool.map(lambda case: failure(case, runnable[case.check], tools), cases))
    failed += [f"{name}: the good tree: {wrong}" for name, wrong in zip(runnable, goods, strict=True) if wrong]
    failed += [f"{case.name()}: {wrong}" for case, wrong in zip(cases, bads, strict=True) if wrong]
    failed += [f"locked tree: {wrong}" for wrong in [locked()] if wrong]
    for one in failed:
        print(f"  FAILED {one}")
    left_out = sorted(set(checks) - set(runnable))
    if left_out:
        print(f"left out, as the reference schemas are not here: {', '.join(left_out)}")
    print(f"self-test of the validators: {len(runnable)} checks, {len(cases)} broken fixtures")
    print(f"{len(goods) + len(bads) + 1 - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
