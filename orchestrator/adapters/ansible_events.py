"""What ansible-runner's events say, as results of tasks."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

from orchestrator.core.ports import TaskResult
from reports.facts.events import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.core.ports import Clock
    from reports.facts.events import Instant

_OUTCOMES = {
    "runner_on_ok": Outcome.OK,
    "runner_on_skipped": Outcome.SKIPPED,
    "runner_on_failed": Outcome.FAILED,
    "runner_on_unreachable": Outcome.FAILED,
}
_LAST_LINES = 3
_LONGEST = 600


class EventReader:
    """Reads the events of one run of a playbook; `clean` takes secrets out of every text it passes on."""

    def __init__(self, clock: Clock, clean: Callable[[str], str]) -> None:
        self._clock = clock
        self._clean = clean
        self._running: dict[tuple[str, str], tuple[str, Instant]] = {}
        self.results: queue.SimpleQueue[TaskResult | None] = queue.SimpleQueue()
        """Every task as it ends; whoever started the playbook puts None after the last."""
        self.handed_back: dict[str, object] = {}
        """Facts from set_stats, known once the playbook has ended."""
        self.cause = ""
        """The last failure that no task ignored; empty while there is none."""

    def read(self, event: Mapping[str, Any]) -> bool:
        """Take one event; returns False: ansible-runner is not to write it down, for events hold secrets."""
        name, data = event["event"], event.get("event_data", {})
        key = (data.get("task_uuid", ""), data.get("host", ""))
        if name == "runner_on_start":
            self._running[key] = (self._clean(data["task"]), self._clock.now())
        elif name in _OUTCOMES:
            self._finish(key, _OUTCOMES[name], data)
        elif name == "playbook_on_stats":
            self.handed_back = data["artifact_data"]
        return False

    def _finish(self, key: tuple[str, str], outcome: Outcome, data: Mapping[str, Any]) -> None:
        finished = self._clock.now()
        task, started = self._running.pop(key, (self._clean(data["task"]), finished))
        says = self._clean(_message(data.get("res", {})))[:_LONGEST] if outcome is Outcome.FAILED else ""
        if data.get("ignore_errors"):
            says = f"ignored: {says}"
        elif outcome is Outcome.FAILED:
            self.cause = f"task '{task}' failed on {key[1]}: {says}"
        self.results.put(TaskResult(task, key[1], outcome, started, finished, says))

    def where(self) -> str:
        """Return which tasks have begun and not ended, as the end of a sentence."""
        running = [f"task '{task}' on {host}" for (_, host), (task, _) in self._running.items()]
        return f", in {' and '.join(running)}" if running else ""


def _message(result: Mapping[str, Any]) -> str:
    """Return why a task failed: its message and, where that says no more than that it did, its last lines."""
    failed_items = [item for item in result.get("results", ()) if item.get("failed")]
    if failed_items:
        return _message(failed_items[0])
    message = str(result.get("msg") or result.get("censored") or "")
    if message not in ("", "non-zero return code"):
        return message
    lines = str(result.get("stderr") or result.get("stdout") or "").strip().splitlines()
    return " | ".join([f"exit code {result.get('rc')}", *lines[-_LAST_LINES:]])
