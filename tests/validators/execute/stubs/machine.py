"""Machines behind SSH: a shell of their own, a crontab, and containers that Compose starts from the file that lies there."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from ..world import World, scripted
from .commandline import refuse

VALUED = (
    "-f", "--file", "-p", "--project-name", "--env-file", "--profile", "--project-directory", "--format", "--wait-timeout", "--timeout", "-t",
    "--policy", "--filter",
)  # fmt: skip
PASSED_ON = ("PATH", "LANG", "DEPLOYC_WORLD", "DEPLOYC_STEP", "GITHUB_JOB")
"""What the recorder needs; everything else of the runner's environment stays on the runner, as with SSH."""


def ssh(world: World, arguments: list[str]) -> int:
    """Runs the remote command here, with the same stub tools, as that machine."""
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        at += 2 if arguments[at] in ("-i", "-o", "-p", "-l", "-F") else 1
    address, command = arguments[at], " ".join(arguments[at + 1 :])
    user, _, machine = address.rpartition("@")
    home = Path(os.environ["HOME"]) / ".ssh"
    known = home / "known_hosts"
    if not known.is_file() or machine not in known.read_text(encoding="utf-8"):
        print("Host key verification failed.", file=sys.stderr)
        return 255
    keys = re.findall(r"^IdentityFile ~/(\S+)$", (home / "config").read_text(encoding="utf-8"), re.MULTILINE)
    if not user or not any((home.parent / key).read_text(encoding="utf-8").strip() for key in keys):
        print(f"{address}: Permission denied (publickey).", file=sys.stderr)
        return 255
    folder = world.folder / "machines" / machine
    folder.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name in PASSED_ON}
    environment |= {"DEPLOYC_MACHINE": machine, "HOME": str(folder)}
    return subprocess.run(["bash", "-c", command], cwd=folder, env=environment, check=False).returncode


def crontab(world: World, arguments: list[str]) -> int:
    with world.open() as state:
        machine = _machine(state)
        if arguments == ["-l"]:
            print(machine["crontab"], end="")
            return 0 if machine["crontab"] else 1
        if arguments == ["-"]:
            machine["crontab"] = sys.stdin.read()
            return 0
    refuse(f"crontab: the stub does not know: {' '.join(arguments)}", 97)
    return 97


def docker(world: World, arguments: list[str]) -> int | None:
    """What a machine's docker answers about containers; none where it is about images."""
    with world.open() as state:
        machine = _machine(state)
        if arguments[:1] == ["ps"]:
            wanted = dict(one.removeprefix("label=com.docker.compose.").split("=", 1) for one in _values(arguments, "--filter"))
            for container in machine["containers"]:
                if all(str(container.get(label)) == value for label, value in wanted.items()):
                    print(container["id"])
            return 0
        if arguments[:2] == ["inspect", "--format"] and ".Config.Image" in arguments[2]:
            known = {container["id"]: container for container in machine["containers"]}
            for name in arguments[3:]:
                if name not in known:
                    print(f"Error: No such object: {name}", file=sys.stderr)
                    return 1
                one = known[name]
                health = "healthy" if one["healthy"] else "unhealthy"
                print(f"{one['image']} running {health}" if "State" in arguments[2] else one["image"])
            return 0
        if arguments[:1] == ["stop"]:
            machine["containers"] = [one for one in machine["containers"] if one["id"] not in arguments[1:]]
            return 0
    return None


def compose(world: World, arguments: list[str]) -> int:
    words, skip = [], False
    for one in arguments:
        if skip:
            skip = False
        elif one in VALUED:
            skip = True
        elif not one.startswith("-"):
            words.append(one)
    command, named = (words[0], words[1:]) if words else ("", [])
    if command == "version":
        return 0
    with world.open() as state:
        machine = _machine(state)
        if command == "up":
            return max([_up(state, machine, service) for service in named], default=0)
        if command == "run":
            image = _image(named[0])
            machine["runs"].append({"service": named[0], "image": image})
            return 1 if _scripted(state, named[0]) == "failed" else 0
        if command == "rm":
            machine["containers"] = [one for one in machine["containers"] if one["service"] not in named]
            return 0
        if command == "pull":
            return max([0 if re.fullmatch(r"\S+[@:]\S+", _image(service)) else 1 for service in named], default=0)
        if command in ("exec", "logs", "config"):
            return 0
    refuse(f"docker compose: the stub does not know: {' '.join(arguments)}", 97)
    return 97


def _scripted(state: dict, job: str) -> str:
    return scripted(state["job_results"][job]) if job in state["job_results"] else "succeeded"


def _machine(state: dict) -> dict:
    return state["machines"].setdefault(os.environ.get("DEPLOYC_MACHINE", "local"), {"containers": [], "runs": [], "crontab": ""})


def _values(arguments: list[str], flag: str) -> list[str]:
    return [arguments[index + 1] for index, one in enumerate(arguments) if one == flag]


def _file() -> dict:
    return yaml.safe_load(Path("compose.yaml").read_text(encoding="utf-8"))


def _image(service: str) -> str:
    """The image of a service of the file in this folder, with its variables from `.env` and the environment."""
    given = dict(re.findall(r"^(\w+)='(.*)'$", Path(".env").read_text(encoding="utf-8"), re.MULTILINE)) | os.environ
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda hole: given.get(hole[1], ""), _file()["services"][service]["image"])


def _up(state: dict, machine: dict, service: str) -> int:
    """Replaces the containers of a service and of what it waits for; 1 where they do not get healthy."""
    for needed in _file()["services"][service].get("depends_on", {}):
        if not any(one["service"] == needed for one in machine["containers"]) and _up(state, machine, needed):
            return 1
    image, project = _image(service), Path.cwd().name
    same = [one for one in machine["containers"] if one["service"] == service and one["image"] == image]
    healthy = not any(re.search(bad, f"{service} {image}") for bad in state["unhealthy"])
    if not same:
        machine["containers"] = [one for one in machine["containers"] if one["service"] != service]
        name = hashlib.sha256(f"{service} {image} {len(machine['runs'])}".encode()).hexdigest()[:12]
        same = [{"id": name, "project": project, "service": service, "image": image, "oneoff": "False"}]
        machine["containers"] += same
    for one in same:
        one["healthy"] = healthy
    if not healthy:
        print(f"container {project}-{service}-1 is unhealthy", file=sys.stderr)
    return 0 if healthy else 1
