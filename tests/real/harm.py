"""Runs of a fast drill in processes of their own, to be harmed, and a look at everything they could leave behind."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import docker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("drillmaster"))
PATIENCE_S = 120.0
CANARY = "DRILL_TOKEN"
"""A variable of the engine's environment: its value must show up nowhere, and marks every process that inherits it."""

DRILL = f"""
extends: {ROOT}/drills/postgres-crash.yaml
drill: {{name}}
prepare: []
steady: {{{{for: 1s, jitter: 0s}}}}
settle: 1s
checks: [{{{{postgres-content: db}}}}]
"""

HANGING = f"""
- hosts: postgres
  gather_facts: false
  vars: {{token: "{{{{ lookup('env', '{CANARY}') }}}}"}}
  tasks:
    - name: Wait for ever
      ansible.builtin.command: sleep 300
      environment: {{TOKEN: "{{{{ token }}}}"}}
"""
"""Hangs inside the container, where its process can be told by the canary in its environment."""

Seen = TypeVar("Seen")


class Place:
    """Where runs keep their evidence and temporary files."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.evidence, self.temporary, self.keys = home / "evidence", home / "tmp", home / "keys"
        self.temporary.mkdir()
        self.file("hanging.yml", HANGING)

    def file(self, name: str, text: str) -> Path:
        """Write a file beside the drills."""
        (self.home / name).write_text(text)
        return self.home / name

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment in which commands work here."""
        ours = {"TMPDIR": self.temporary, "DRILLMASTER_EVIDENCE": self.evidence, "DRILLMASTER_KEYS": self.keys}
        return os.environ | {name: str(path) for name, path in ours.items()} | more

    def drillmaster(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `more` goes into its environment."""
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=self.home,
            env=self.environment(**more),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def run(self, name: str, changes: str = "", *options: str, before: tuple[str, ...] = ()) -> Run:
        """Start a run of the fast drill, `changes` laid over it; `before` are options of the command itself."""
        drill = self.file(f"{name}.yaml", DRILL.format(name=name) + changes)
        return Run(self, name, [COMMAND, *before, "run", str(drill), *options])


@contextmanager
def working_place(home: Path) -> Iterator[Place]:
    """Yield a place; what a failed test leaves there is swept."""
    place = Place(home)
    yield place
    place.drillmaster("sweep")


class Run:
    """One run, in a session of its own as at a terminal."""

    def __init__(self, place: Place, name: str, command: list[str]) -> None:
        self._place = place
        self._name = name
        self._canary = secrets.token_urlsafe(24)
        self._printed = [place.home / f"{name}-{self._canary}.{stream}" for stream in ("stdout", "stderr")]
        with self._printed[0].open("wb") as stdout, self._printed[1].open("wb") as stderr:
            self.process = subprocess.Popen(
                command,
                cwd=place.home,
                env=place.environment(**{CANARY: self._canary}),
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    # -- what it does ----------------------------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """Return the run's folder, once it is there."""

        def look() -> Path | None:
            ended = self.process.poll() is not None
            found = next(self._place.evidence.glob(f"{self._name}/*/journal.jsonl"), None)
            assert found or not ended, f"it ended without a run: {self.stderr}"
            return found

        return until(look, "a journal").parent

    @property
    def stdout(self) -> str:
        """Return what it has printed on standard output."""
        return self._printed[0].read_text()

    @property
    def stderr(self) -> str:
        """Return what it has printed on standard error."""
        return self._printed[1].read_text()

    @property
    def canary(self) -> str:
        """Return the secret in its environment."""
        return self._canary

    def facts(self) -> list[dict[str, Any]]:
        """Return the journal's facts so far."""
        whole, _, _ = (self.folder / "journal.jsonl").read_text().rpartition("\n")
        return [json.loads(line)["fact"] for line in whole.splitlines()]

    def wait_for(self, phase: str) -> None:
        """Return when the journal says that the phase has begun."""
        journal, mark = self.folder / "journal.jsonl", f'"event":"phase-started","phase":"{phase}"'
        until(lambda: mark in journal.read_text() or self.process.poll() is not None, phase)
        assert mark in journal.read_text(), f"it ended before {phase}: {self.stdout}{self.stderr}"

    def wait_until_it_hangs(self) -> None:
        """Return when the hanging playbook is in its task."""
        until(lambda: self.processes("sleep 300"), "the hanging playbook")

    def exit_code(self) -> int:
        """Return the exit code, once it has ended."""
        return self.process.wait(PATIENCE_S)

    def record(self) -> dict[str, Any]:
        """Return the record it left."""
        record: dict[str, Any] = json.loads((self.folder / "record.json").read_text())
        return record

    def finding(self, name: str) -> tuple[str, str]:
        """Return state and sentence of a finding in its record."""
        return next((one["state"], one["says"]) for one in self.record()["findings"] if one["name"] == name)

    def took_s(self) -> float:
        """Return the seconds from its journal's first entry to its last."""
        at = [
            json.loads(line)["at"]["monotonic_ns"] for line in (self.folder / "journal.jsonl").read_text().splitlines()
        ]
        return (at[-1] - at[0]) / 1e9

    def inside(self, *argv: str) -> str:
        """Return what a command prints inside the database's container."""
        api = docker.APIClient()
        command = api.exec_create(f"drillmaster-{self.folder.name}-db", list(argv))
        return str(api.exec_start(command).decode())

    # -- what it leaves --------------------------------------------------------------------------------------------

    def left(self) -> list[str]:
        """Return what is left of it outside its evidence: Docker objects, firewall rules, processes, files, devices."""
        run = self.folder.name
        files = [str(path) for path in self._place.temporary.iterdir() if run in path.name]
        rules = [rule for rule in firewall() if run in rule]
        return [*docker_objects(run), *rules, *self.processes().values(), *files, *loop_devices(run)]

    def processes(self, part: str = "") -> dict[int, str]:
        """Return the processes that inherited the engine's environment and run, those with `part` in their command."""
        return {number: command for number, command in processes(self._canary.encode()) if part in command}


def docker_objects(part: str) -> list[str]:
    """Return the containers, networks and volumes whose names hold `part`, whatever their labels."""
    api = docker.APIClient()
    names = [name for container in api.containers(all=True) for name in container["Names"]]
    names += [network["Name"] for network in api.networks()]
    names += [volume["Name"] for volume in api.volumes()["Volumes"] or []]
    return [name for name in names if part in name]


def loop_devices(part: str) -> list[str]:
    """Return the loop devices on files whose names hold `part`, whoever made them."""
    files = Path("/sys/block").glob("loop*/loop/backing_file")
    return [file.parts[3] for file in files if part in file.read_text()]


def firewall() -> list[str]:
    """Return the rules of this machine's INPUT chain; without root there are none of ours."""
    if os.geteuid() != 0:
        return []
    listed = subprocess.run(["iptables", "-w", "-S", "INPUT"], capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def processes(mark: bytes) -> Iterator[tuple[int, str]]:
    """Yield id and command line of every process that has `mark` in its environment."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended, or belongs to somebody else
            if mark in (process / "environ").read_bytes():
                yield int(process.name), (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()


def until(look: Callable[[], Seen], what: str, patience_s: float = PATIENCE_S) -> Seen:
    """Return the first true thing that `look` returns."""
    deadline = time.monotonic() + patience_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"waited {patience_s:g} s for {what}"
        time.sleep(0.01)
    return seen
