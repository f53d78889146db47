"""Playbooks, run by ansible-runner in a process of their own that leaves nothing behind but what was cleaned."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import to_json

from orchestrator.adapters import ansible_plays
from orchestrator.adapters.ansible_events import EventReader
from orchestrator.core import artifacts
from orchestrator.core.errors import StepFailedError, StepTimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.core.kind import Need
    from orchestrator.core.ports import Clock, PlaybookRun, TaskResult

STDOUT, EVENTS = "stdout.txt", "events.jsonl"
PRIVATE = "drillmaster-ansible-"
"""Before a run's id: how its playbooks' private folders are named."""
SYNTAX_CHECK_S = 60.0
POLL_S = 0.2
"""How soon a playbook is ended once its time is over or its run was interrupted."""

_CALLBACKS = Path(__file__).with_name("ansible_callbacks")
_ERROR = re.compile(r"^\[ERROR\]: (?P<says>.+)(?:\nOrigin: (?P<where>.+))?", re.MULTILINE)


class AnsiblePlaybooks:
    """Runs playbooks of `run`; `redact` takes the run's secrets out of all that is kept or said."""

    def __init__(self, clock: Clock, redact: Callable[[bytes], bytes], run: str = "") -> None:
        self._clock = clock
        self._redact = redact
        self._run = run

    def run(self, job: PlaybookRun, on_task: Callable[[TaskResult], None]) -> dict[str, object]:
        """Run a playbook and return the facts it handed back with set_stats; `on_task` is called in this thread.

        Leaves stdout.txt and events.jsonl in the job's folder, cleaned. Raises StepFailedError (naming the failed
        task, host and message) or StepTimedOutError; whatever is raised, no process of the playbook is left.
        """
        events = EventReader(self._clock, self._clean)
        tasks: list[TaskResult] = []
        with ExitStack() as stack:
            # Outside the evidence: ansible-runner writes the job's environment and extra variables there.
            private = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{PRIVATE}{self._run}-")))
            stack.callback(self._keep, job, private, tasks)
            stack.callback(_end_processes, private)
            runner = self._start(job, private, events, stack)
            for result in iter(events.results.get, None):
                tasks.append(result)
                on_task(result)
            status, exit_code = runner()
        name, words = job.playbook.name, self._last_words(job)
        hint = f"all it printed is in {job.folder.parent.name}/{job.folder.name}/{STDOUT} in the run's folder"
        if status == "canceled":
            raise StepTimedOutError(f"{name} did not end within {job.timeout_s:g} s{events.where()}", hint=hint)
        if exit_code:
            raise StepFailedError(f"{name}: {events.cause or words}", hint=hint)
        if not tasks:
            raise StepFailedError(f"{name} ran no task", hint=f"does it name the lab's hosts or groups? {hint}")
        return events.handed_back

    def _start(
        self, job: PlaybookRun, private: Path, events: EventReader, stack: ExitStack
    ) -> Callable[[], tuple[str, int]]:
        """Start the playbook in a thread, to end when `stack` is left; return what waits for (status, exit code)."""
        import ansible_runner  # slow, and only a run of a playbook needs it

        deadline = self._clock.monotonic_ns() + int(job.timeout_s * 1e9)
        left = threading.Event()

        def play() -> tuple[str, int]:
            runner = ansible_runner.run(
                **_settings(job, private),
                event_handler=events.read,
                cancel_callback=lambda: left.is_set() or job.stopped() or self._clock.monotonic_ns() > deadline,
            )
            return runner.status, runner.rc

        pool = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(left.set)
        playing = pool.submit(play)
        playing.add_done_callback(lambda _: events.results.put(None))
        return playing.result

    def mistakes(self, playbooks: Sequence[Path]) -> list[str]:
        """Return what ansible-playbook --syntax-check has to say against the files; empty when all are sound."""
        # All at once: starting Ansible costs more than checking. But it stops at the first file that is unsound.
        found = self._syntax_mistakes(*playbooks) if playbooks else []
        if not found or len(playbooks) == 1:
            return found
        return [mistake for playbook in playbooks for mistake in self._syntax_mistakes(playbook)]

    @staticmethod
    def _syntax_mistakes(*playbooks: Path) -> list[str]:
        names = " ".join(map(str, playbooks))
        with tempfile.TemporaryDirectory(prefix=PRIVATE) as private:
            environment = os.environ | _environment(Path(private))
            program = shutil.which("ansible-playbook", path=environment["PATH"]) or "ansible-playbook"
            try:
                done = subprocess.run(  # noqa: S603 - our own environment's program
                    [program, "--syntax-check", "--inventory=localhost,", *playbooks],
                    env=environment,
                    capture_output=True,
                    check=False,
                    timeout=SYNTAX_CHECK_S,
                )
            except subprocess.TimeoutExpired:
                return [f"{names}: ansible-playbook --syntax-check did not end within {SYNTAX_CHECK_S:g} s"]
        return _errors(done.stderr.decode(errors="replace"), names) if done.returncode else []

    def needs(self, playbook: Path, inventory: Mapping[str, Mapping[str, object]]) -> list[Need]:
        """Return what the plays need inside the hosts that they are for: Python, and what `drill_needs` lists."""
        return ansible_plays.needs(playbook, inventory)

    def remove(self, run: str) -> None:
        """End the processes and remove the private folders, environment in them, that a dead engine left; idempotent.

        Looks where this process keeps temporary files.
        """
        for private in Path(tempfile.gettempdir()).glob(f"{PRIVATE}{run}-*"):
            _end_processes(private)
            shutil.rmtree(private, ignore_errors=True)

    def _clean(self, text: str) -> str:
        return self._redact(text.encode()).decode(errors="replace")

    def _keep(self, job: PlaybookRun, private: Path, tasks: list[TaskResult]) -> None:
        """Keep what was printed and what each task came to, cleaned."""
        printed = private / "artifacts" / "job" / "stdout"
        artifacts.keep(job.folder / STDOUT, self._redact(printed.read_bytes()) if printed.exists() else b"")
        lines = b"".join(to_json(task) + b"\n" for task in tasks)
        artifacts.keep(job.folder / EVENTS, self._redact(lines))

    def _last_words(self, job: PlaybookRun) -> str:
        return " | ".join(_errors((job.folder / STDOUT).read_text(errors="replace"), job.playbook.name))


def _settings(job: PlaybookRun, private: Path) -> dict[str, Any]:
    return {
        "private_data_dir": str(private),
        "ident": "job",
        # The working directory: an ansible.cfg beside the playbook counts, as by hand.
        "project_dir": str(job.playbook.parent.resolve()),
        "playbook": str(job.playbook.resolve()),
        "inventory": inventory(job.inventory),
        "extravars": dict(job.extra_vars),
        "tags": ",".join(job.tags) or None,
        "limit": job.limit or None,
        "envvars": _environment(private),
        "settings": {"pexpect_timeout": POLL_S},
        # Keep what the tasks printed, too: which backup was restored, for one.
        "verbosity": 1,
        "quiet": True,
    }


def inventory(declarations: Mapping[str, Mapping[str, object]]) -> dict[str, dict[str, Any]]:
    """Return hosts (each with its variables, and its `groups` among them) in the form of Ansible's YAML inventories."""
    hosts: dict[str, Any] = {}
    children: dict[str, dict[str, dict[str, Any]]] = {}
    for host, declared in declarations.items():
        variables = dict(declared)
        for group in cast("list[str]", variables.pop("groups", [])):
            children.setdefault(group, {"hosts": {}})["hosts"][host] = {}
        hosts[host] = variables
    return {"all": {"hosts": hosts, "children": children}}


def _environment(private: Path) -> dict[str, str]:
    """Return what to set for ansible-playbook beside the user's own environment, whose ANSIBLE_* settings count."""
    plugins = filter(None, [os.environ.get("ANSIBLE_CALLBACK_PLUGINS"), str(_CALLBACKS)])
    return {
        # This environment's ansible-playbook, with its collections, before any other.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join(plugins),
        "ANSIBLE_LOCAL_TEMP": str(private / "tmp"),
        "ANSIBLE_NOCOLOR": "1",
        # One connection a task instead of three.
        "ANSIBLE_PIPELINING": "1",
        # Ansible refuses to start where the locale is not UTF-8.
        "LC_ALL": "C.UTF-8",
    }


def _end_processes(private: Path) -> None:
    """Kill what a playbook left running: its tasks have sessions of their own and outlive ansible-playbook."""
    mark = f"ANSIBLE_LOCAL_TEMP={private}/".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


def _errors(printed: str, otherwise: str) -> list[str]:
    """Return Ansible's error messages, each led by its place; where it printed none, all it printed."""
    found = [f"{error['where'] or otherwise}: {error['says']}" for error in _ERROR.finditer(printed)]
    return found or [f"{otherwise}: {' | '.join(printed.split())}"]
