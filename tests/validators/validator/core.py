"""What every check is made of: the tree it reads, the tools it may call, and the findings it answers."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
REQUIRE = 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);'
SKIPPED_FOLDERS = {".git", "node_modules", "target", "__pycache__"}


class Broken(Exception):
    """A validator did not do its work: it crashed or is not there. Never the same as a finding."""


@dataclass(frozen=True)
class Finding:
    """One thing that a validator says is wrong."""

    file: str
    message: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


@dataclass(frozen=True)
class Tree:
    """A scratch copy of a built tree, so that no validator can write into the original."""

    root: Path
    files: tuple[str, ...]
    """The files to judge; the copy may hold more, for links and contexts."""

    def matching(self, pattern: str) -> list[str]:
        return [name for name in self.files if re.search(pattern, name)]

    def text(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def raw(self, name: str) -> str:
        """The text with its line ends as they are."""
        return (self.root / name).read_bytes().decode("utf-8")

    def path(self, name: str) -> Path:
        return self.root / name

    def holds(self, name: str) -> bool:
        return (self.root / name).exists()


@dataclass(frozen=True)
class Check:
    """One validator over one kind of file."""

    name: str
    selects: Callable[[Tree], list[str]]
    judge: Callable[["Tools", Tree, list[str]], list[Finding]]
    schema: str | None = None
    """The strict schema of the reference folder that it needs; without the folder the check is left out, and said to be."""
    rare: bool = False
    """A complete tree need not hold a file for it."""


@dataclass
class Tools:
    """Where the installed validators are, and how they are run."""

    cache: Path
    shared: Path | None
    _node_checks: Path | None = field(default=None)

    @staticmethod
    def found() -> "Tools":
        cache = Path(os.environ["DEPLOYC_VALIDATORS"])
        named = os.environ.get("DEPLOYC_SHARED")
        beside = _repository().parent / "shared"
        shared = Path(named) if named else beside
        return Tools(cache, shared if (shared / "schemas").is_dir() else None)

    def python(self, program: str) -> str:
        return str(self.cache / "python" / "bin" / program)

    def node(self, program: str) -> str:
        return str(self.cache / "node" / "node_modules" / ".bin" / program)

    def go(self, program: str) -> str:
        return str(self.cache / "go" / "bin" / program)

    def schema(self, name: str) -> str:
        if self.shared is None:
            raise Broken(f"the reference folder with {name} is not here")
        return str(self.shared / "schemas" / name)

    def package_data(self, inside: str) -> Path:
        """A data file of an installed Python package, found without importing the package."""
        for found in (self.cache / "python" / "lib").glob(f"python3*/site-packages/{inside}"):
            return found
        raise Broken(f"{inside} is not installed")

    def run(
        self,
        command: list[str],
        *,
        fine: tuple[int, ...] = (0, 1),
        cwd: Path | None = None,
        environment: dict[str, str] | None = None,
        stdin: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Runs a validator; an exit code outside of `fine` means that it broke."""
        try:
            done = subprocess.run(
                command, cwd=cwd, env=environment, input=stdin, capture_output=True, text=True, timeout=300, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Broken(f"{command[0]}: {error}") from error
        if done.returncode not in fine:
            raise Broken(f"{Path(command[0]).name} ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def script(self, name: str, tree: Tree, files: list[str]) -> list[Finding]:
        """Runs one of our node scripts, which answers findings as JSON."""
        request = json.dumps({"root": str(tree.root), "files": files})
        done = self.run(["node", str(self.node_checks() / name)], fine=(0,), stdin=request)
        return [Finding(one["file"], one["message"], one.get("line", 0)) for one in json.loads(done.stdout)]

    def node_checks(self) -> Path:
        """The node scripts, placed beside the packages they import; GitHub's own must be bundled first."""
        if self._node_checks is None:
            sources = sorted((HERE / "node").glob("*.mjs"))
            written = [Path(__file__), *sources]
            digest = hashlib.sha256(b"".join(source.read_bytes() for source in written)).hexdigest()[:16]
            placed = self.cache / "node" / f"checks-{digest}"
            if not placed.is_dir():
                self._place(sources, placed)
            self._node_checks = placed
        return self._node_checks

    def _place(self, sources: list[Path], placed: Path) -> None:
        staging = Path(tempfile.mkdtemp(prefix="checks-", dir=self.cache / "node"))
        for source in sources:
            shutil.copy(source, staging / source.name)
            # Node 20 refuses the attribute-less JSON imports of GitHub's packages; a bundler does not.
            if "@actions/" in source.read_text(encoding="utf-8"):
                bundle = ["--bundle", "--platform=node", "--format=esm", "--log-level=error", "--allow-overwrite"]
                # Older packages inside of the bundle still call `require`.
                bundle.append(f"--banner:js={REQUIRE}")
                self.run(
                    [self.node("esbuild"), source.name, *bundle, f"--outfile={source.name}"], fine=(0,), cwd=staging
                )
        try:
            staging.rename(placed)
        except OSError:
            shutil.rmtree(staging)


def _repository() -> Path:
    """The checkout that this harness is in; a linked worktree counts as its main one, beside which `shared` lies."""
    top = HERE.parent.parent
    done = subprocess.run(
        ["git", "rev-parse", "--path-format=absolute", "--git-common-dir"], cwd=top, capture_output=True, text=True, check=False
    )
    return Path(done.stdout.strip()).parent if done.returncode == 0 else top


def matching(pattern: str) -> Callable[[Tree], list[str]]:
    return lambda tree: tree.matching(pattern)


def lines_of(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()]


def copied(source: Path, scratch: Path) -> Tree:
    """Copies a tree into a repository of its own, as several validators look for the repository's root."""
    shutil.copytree(source, scratch, ignore=lambda _, names: SKIPPED_FOLDERS & set(names), symlinks=True)
    # Files that a .gitignore names would be skipped by some validators, and a scratch copy has nothing to hide.
    subprocess.run(["git", "init", "-q", str(scratch)], check=True, capture_output=True)
    everything = sorted(
        str(path.relative_to(scratch))
        for path in scratch.rglob("*")
        if path.is_file() and not SKIPPED_FOLDERS & set(path.relative_to(scratch).parts)
    )
    return Tree(scratch, tuple(_generated(scratch, everything)))


def _generated(root: Path, everything: list[str]) -> list[str]:
    """Only what deployc wrote, when its lock says so: the files of the application beside it are not ours to judge."""
    lock = root / "deploy" / "deployc.lock"
    if not lock.is_file():
        return everything
    entries = re.findall(r"(?m)^(\S.*) (?:sha256:)?[0-9a-f]{64} \S+$", lock.read_text(encoding="utf-8"))
    if not entries:
        raise Broken(f"{lock} names no file")
    if missing := sorted(set(entries) - set(everything)):
        raise Broken(f"{lock} names files that are not there: {', '.join(missing)}")
    # The users' own deploy.kdl is judged too: other readers must take what ours takes.
    return [name for name in everything if name in entries or name.endswith(".kdl")]
