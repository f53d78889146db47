"""The Ansible adapter with real playbooks, on this machine itself (no container is needed)."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from orchestrator.adapters.ansible import AnsiblePlaybooks
from orchestrator.adapters.clock import SystemClock
from orchestrator.core.errors import StepFailedError, StepTimedOutError
from orchestrator.core.ports import PlaybookRun, TaskResult
from reports.redact import Redactor

SECRET = "correct-horse-battery"
HERE = {"here": {"groups": ["postgres"], "ansible_connection": "local", "ansible_python_interpreter": sys.executable}}


def job(folder: Path, tasks: str, *, hosts: str = "postgres", timeout_s: float = 60.0, **settings: Any) -> PlaybookRun:
    """Return a job that runs `tasks` on this machine."""
    playbook = folder / "procedure.yml"
    head = f"- hosts: {hosts}\n  gather_facts: false\n  tasks:\n"
    playbook.write_text(head + "".join(f"    {line}\n" for line in tasks.strip().splitlines()))
    settings = {"inventory": HERE, "extra_vars": {"secret": SECRET}} | settings
    return PlaybookRun(playbook=playbook, folder=folder / "steps" / "recover-1", timeout_s=timeout_s, **settings)


def run(wanted: PlaybookRun, tasks: list[TaskResult] | None = None) -> dict[str, object]:
    """Run a job; gather the results of its tasks."""
    found: list[TaskResult] = [] if tasks is None else tasks
    return AnsiblePlaybooks(SystemClock(), Redactor([SECRET]).clean).run(wanted, found.append)


def processes(argument: str) -> list[str]:
    """Return the running processes that have this argument, or had this environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if argument.encode() in words and int(process.name) != os.getpid():
            found.append(process.name)
    return found


def test_tasks_are_told_in_order_with_their_durations(tmp_path: Path) -> None:
    """Each with its own outcome; a task's start and end are read from the run's clock."""
    tasks: list[TaskResult] = []
    wanted = job(tmp_path, "- {name: wait, command: sleep 0.5}\n- {name: not now, command: 'true', when: false}")
    run(wanted, tasks)
    assert [(task.task, task.host, str(task.outcome), task.says) for task in tasks] == [
        ("wait", "here", "ok", ""),
        ("not now", "here", "skipped", ""),
    ]
    assert 0.5 <= (tasks[0].finished.monotonic_ns - tasks[0].started.monotonic_ns) / 1e9 < 5
    kept = [json.loads(line) for line in (wanted.folder / "events.jsonl").read_text().splitlines()]
    assert [(line["task"], line["outcome"], line["finished"]["utc"]) for line in kept] == [
        (task.task, str(task.outcome), task.finished.utc) for task in tasks
    ]


def test_what_a_task_printed_is_kept(tmp_path: Path) -> None:
    """Of tasks that succeed, too: it tells an engineer what was done."""
    wanted = job(tmp_path, "- command: echo restored backup set {{ 6 * 7 }}")
    run(wanted)
    assert '"stdout": "restored backup set 42"' in (wanted.folder / "stdout.txt").read_text()


def test_facts_come_back_and_go_in(tmp_path: Path) -> None:
    """What set_stats gathered is returned with its types; extra variables reach the playbook."""
    tasks = "- set_stats: {data: {drill_backup: {label: '{{ label }}', bytes: 12}}}"
    assert run(job(tmp_path, tasks, extra_vars={"label": "L1"})) == {"drill_backup": {"label": "L1", "bytes": 12}}


def test_tags_choose_the_tasks(tmp_path: Path) -> None:
    """Tasks without one of the tags do not run."""
    tasks: list[TaskResult] = []
    run(job(tmp_path, "- {name: a, command: 'true', tags: x}\n- {name: b, command: 'true'}", tags=("x",)), tasks)
    assert [task.task for task in tasks] == ["a"]


def test_a_failed_task_is_named_with_its_message(tmp_path: Path) -> None:
    """The message is the command's own; the hint leads to all that was printed."""
    with pytest.raises(StepFailedError) as caught:
        run(job(tmp_path, "- {name: restore, shell: 'echo no backup >&2; exit 75'}\n- {name: never, command: 'true'}"))
    assert caught.value.message == "procedure.yml: task 'restore' failed on here: exit code 75 | no backup"
    assert caught.value.hint == "all it printed is in steps/recover-1/stdout.txt in the run's folder"
    assert "fatal: [here]: FAILED!" in (tmp_path / "steps" / "recover-1" / "stdout.txt").read_text()


def test_a_failure_that_the_playbook_handles_fails_nothing(tmp_path: Path) -> None:
    """Rescued and ignored failures are told, and the playbook goes on."""
    tasks: list[TaskResult] = []
    run(
        job(
            tmp_path,
            """
- {name: ignored, command: 'false', ignore_errors: true}
- block: [{name: rescued, command: 'false'}]
  rescue: [{name: mended, command: 'true'}]
""",
        ),
        tasks,
    )
    assert [(task.task, str(task.outcome), task.says) for task in tasks] == [
        ("ignored", "failed", "ignored: exit code 1"),
        ("rescued", "failed", "exit code 1"),
        ("mended", "ok", ""),
    ]


def test_a_playbook_that_reaches_nothing_fails(tmp_path: Path) -> None:
    """Ansible itself calls it a success when no host matches."""
    with pytest.raises(StepFailedError) as caught:
        run(job(tmp_path, "- command: 'true'", hosts="mysql"))
    assert caught.value.message == "procedure.yml ran no task"


def test_a_playbook_that_cannot_be_read_fails_with_ansibles_words(tmp_path: Path) -> None:
    """With file, line and column."""
    wanted = job(tmp_path, "- nonsense: {}")
    with pytest.raises(StepFailedError) as caught:
        run(wanted)
    assert caught.value.message == (
        f"procedure.yml: {wanted.playbook}:4:7: couldn't resolve module/action 'nonsense'. "
        "This often indicates a misspelling, missing collection, or incorrect module path."
    )


def test_a_playbook_past_its_time_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """The task that hung is named; no process of it is left, though tasks have sessions of their own."""
    began = time.monotonic()
    with pytest.raises(StepTimedOutError) as caught:
        run(job(tmp_path, "- {name: hang, command: sleep 31.4151}", timeout_s=3))
    assert caught.value.message == "procedure.yml did not end within 3 s, in task 'hang' on here"
    assert time.monotonic() - began < 20
    assert processes("31.4151") == []


def interrupt_once_there(file: Path) -> None:
    """Send this process what Ctrl-C does, once the playbook has got so far."""
    while not file.exists():
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupted_playbook_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """What a signal raises goes on its way once nothing is left, the private folder included."""
    threading.Thread(target=interrupt_once_there, args=(tmp_path / "private",), daemon=True).start()
    tasks = f"- {{name: where, shell: 'echo $ANSIBLE_LOCAL_TEMP > {tmp_path}/private'}}\n- command: sleep 31.4152"
    with pytest.raises(KeyboardInterrupt):
        run(job(tmp_path, tasks))
    assert processes("31.4152") == []
    private = (tmp_path / "private").read_text().strip()
    assert processes(private) == []
    assert not Path(private).parent.exists()


def test_what_is_kept_holds_no_secret_and_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in what is printed nor in a failure's words; only the two files are kept."""
    monkeypatch.setenv("PLANTED", "planted-in-the-environment")
    wanted = job(tmp_path, "- {name: leak, shell: 'echo {{ secret }}; echo {{ secret | b64encode }} >&2; exit 1'}")
    with pytest.raises(StepFailedError) as caught:
        run(wanted)
    assert caught.value.message == "procedure.yml: task 'leak' failed on here: exit code 1 | [redacted]"
    assert sorted(file.name for file in wanted.folder.iterdir()) == ["events.jsonl", "stdout.txt"]
    kept = "".join(file.read_text() for file in wanted.folder.iterdir())
    assert SECRET not in kept
    assert "planted-in-the-environment" not in kept
    assert "[redacted]" in kept


def test_an_ansible_cfg_beside_the_playbook_counts(tmp_path: Path) -> None:
    """As it does by hand, in that folder."""
    (tmp_path / "ansible.cfg").write_text("[defaults]\nroles_path = elsewhere\n")
    role = tmp_path / "elsewhere" / "found" / "tasks"
    role.mkdir(parents=True)
    (role / "main.yml").write_text("- set_stats: {data: {role: ran}}\n")
    assert run(job(tmp_path, "- include_role: {name: found}")) == {"role": "ran"}


def test_a_sound_playbook_has_no_mistakes(tmp_path: Path) -> None:
    """Nothing is run to find out."""
    wanted = job(tmp_path, f"- file: {{path: {tmp_path}/touched, state: touch}}")
    assert AnsiblePlaybooks(SystemClock(), bytes).mistakes([wanted.playbook]) == []
    assert not (tmp_path / "touched").exists()


def test_mistakes_are_told_with_their_place(tmp_path: Path) -> None:
    """File, line, column, and Ansible's own words, for every file; a missing one is a mistake, too."""
    ansible = AnsiblePlaybooks(SystemClock(), bytes)
    wanted = job(tmp_path, "- command: 'true'\n  wen: true")
    absent = tmp_path / "absent.yml"
    assert ansible.mistakes([wanted.playbook, absent]) == [
        f"{wanted.playbook}:4:7: conflicting action statements: command, wen",
        f"{absent}: the playbook: {absent} could not be found",
    ]
