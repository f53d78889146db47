"""What ansible-runner's events become: results of tasks, the cause of a failure, what was handed back."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import FakeClock

from orchestrator.adapters.ansible_events import EventReader
from orchestrator.core.ports import TaskResult
from reports.facts.events import Outcome


def reader(clock: FakeClock) -> EventReader:
    """Return a reader that knows one secret."""
    return EventReader(clock, lambda text: text.replace("hunter22", "[redacted]"))


def event(name: str, task: str = "restore", **data: Any) -> dict[str, Any]:
    """Return an event of `task` on the host db."""
    return {"event": name, "event_data": {"task": task, "task_uuid": task, "host": "db", **data}}


def failure(**result: Any) -> TaskResult:
    """Return what a failed task with this result becomes."""
    events = reader(FakeClock())
    events.read(event("runner_on_failed", res=result))
    found = events.results.get_nowait()
    assert found is not None
    return found


def test_a_task_begins_and_ends_when_its_events_come() -> None:
    """Both instants are read from the one clock."""
    clock = FakeClock()
    events = reader(clock)
    began = clock.now()
    events.read(event("runner_on_start"))
    clock.sleep(2)
    events.read(event("runner_on_ok", res={"rc": 0}))
    assert events.results.get_nowait() == TaskResult("restore", "db", Outcome.OK, began, clock.now())


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("runner_on_skipped", Outcome.SKIPPED),
        ("runner_on_failed", Outcome.FAILED),
        ("runner_on_unreachable", Outcome.FAILED),
    ],
)
def test_outcomes_keep_their_meaning(name: str, outcome: Outcome) -> None:
    """A host that cannot be reached has failed the task."""
    events = reader(FakeClock())
    events.read(event(name))
    found = events.results.get_nowait()
    assert found is not None
    assert found.outcome == outcome


def test_nothing_is_left_for_ansible_runner_to_write() -> None:
    """Events hold arguments and results, and those hold secrets."""
    assert reader(FakeClock()).read(event("runner_on_ok", res={"stdout": "hunter22"})) is False


@pytest.mark.parametrize(
    ("result", "says"),
    [
        ({"msg": "no such table", "stderr": "much more"}, "no such table"),
        ({"msg": "non-zero return code", "rc": 75, "stderr": "a\nb\nc\nd", "stdout": "x"}, "exit code 75 | b | c | d"),
        ({"msg": "", "rc": 1, "stderr": "", "stdout": "it runs"}, "exit code 1 | it runs"),
        ({"msg": "items failed", "results": [{"failed": False}, {"failed": True, "msg": "this one"}]}, "this one"),
        ({"censored": "the output has been hidden"}, "the output has been hidden"),
        ({"msg": "password hunter22 refused"}, "password [redacted] refused"),
        ({"msg": "x" * 1000}, "x" * 600),
    ],
)
def test_a_failure_says_why(result: dict[str, Any], says: str) -> None:
    """Its message or, where that tells nothing, its last lines; never a secret, never a page."""
    assert failure(**result).says == says


def test_a_failure_that_is_ignored_is_no_cause() -> None:
    """It is told, marked; the cause stays the failure that counted."""
    events = reader(FakeClock())
    events.read(event("runner_on_failed", task="restore", res={"msg": "no backup"}))
    events.read(event("runner_on_failed", task="tidy up", res={"msg": "nothing there"}, ignore_errors=True))
    events.results.put(None)
    assert [found.says for found in iter(events.results.get_nowait, None)] == ["no backup", "ignored: nothing there"]
    assert events.cause == "task 'restore' failed on db: no backup"


def test_tasks_that_never_ended_are_named() -> None:
    """They are where a playbook hung."""
    events = reader(FakeClock())
    assert not events.where()
    events.read(event("runner_on_start", task="wait for ever"))
    assert events.where() == ", in task 'wait for ever' on db"


def test_facts_handed_back_are_kept() -> None:
    """The last event carries what set_stats gathered."""
    events = reader(FakeClock())
    events.read({"event": "playbook_on_stats", "event_data": {"artifact_data": {"drill_backup": {"label": "L"}}}})
    assert events.handed_back == {"drill_backup": {"label": "L"}}
