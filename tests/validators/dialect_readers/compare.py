#!/usr/bin/env python3
"""Compares the environment that Compose read (on stdin) with what was meant: `compare.py MEANT.json NAME`."""

import json
import sys

meant = json.load(open(sys.argv[1], encoding="utf-8"))
found = json.load(sys.stdin)["services"]["x"]["environment"]
# `config` prints a literal dollar as it would be written in a Compose file.
wrong = [name for name in meant if (found.get(name) or "").replace("$$", "$") != meant[name]]
for name in wrong:
    print(f"{sys.argv[2]}: {name}\n  meant: {meant[name]!r}\n  found: {found.get(name)!r}")
print(f"{sys.argv[2]}: {len(meant) - len(wrong)} of {len(meant)} values read as meant")
sys.exit(1 if wrong or not meant else 0)
