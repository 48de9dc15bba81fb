"""The only programs that a step can call: harmless real ones, and stubs for everything that reaches out."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from .stubs import PROGRAMS

REAL = (
    "awk base64 basename bash cat chmod cmp cp cut diff dirname echo env expr false find flock fold git grep gzip head id install jq ln ls mkdir mktemp mv "
    "nl od paste printenv printf pwd realpath rev rm rmdir sed seq sh sha256sum shuf sort split stat tail tar tee test timeout touch tr true "
    "uname uniq wc xargs xxd"
).split()  # fmt: skip
OF_THE_PROJECT = (
    "alembic bun bundle cargo composer django-admin dotnet flyway go gradle java mvn node npm npx osv-scanner pip pip-audit pnpm poetry "
    "prisma pytest python python3 ruff semgrep sqlx trivy gitleaks uv yarn deployc hadolint zizmor grype"
).split()  # fmt: skip
STUB = """#!{python} -SE
import sys
sys.path[:0] = {path!r}
sys.dont_write_bytecode = True
from execute.stubs import main
main({name!r})
"""


class Toolbox:
    """A folder that is a step's whole PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.is_dir():
            return
        folder.mkdir(parents=True)
        for name in REAL:
            if found := shutil.which(name):
                (folder / name).symlink_to(found)
        harness = str(Path(__file__).resolve().parent.parent)
        packages = [one for one in sys.path if one.endswith("site-packages")]
        for name in [*PROGRAMS, *OF_THE_PROJECT]:
            stub = folder / name
            stub.write_text(STUB.format(python=sys.executable, path=[harness, *packages], name=name), encoding="utf-8")
            stub.chmod(0o755)
