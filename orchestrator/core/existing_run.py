"""One run of a drill on a backup that is there already.

    provision -> protect (the backup is found) -> recover -> settle -> check
    and always: collect -> tear down

There is no system before, so nothing is destroyed and nobody writes: how long the recovery takes is measured from the
decision to recover, and whether the service is back is told by a probe of the application's role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core import readings
from orchestrator.core.engine import Engine
from orchestrator.core.errors import NotReadyError, StepTimedOutError
from orchestrator.core.kind import Moment
from orchestrator.core.watch import POLL_S, give_up_s
from reports.facts.events import Mark, Phase

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from reports.facts.events import Instant


class ExistingRun(Engine):
    """Runs one drill on an existing backup."""

    def _perform(self) -> None:
        with self._phase(Phase.PROVISION):
            self.lab.provision()
        with self._phase(Phase.PROTECT):
            self._scribe.steps(enumerate(self.drill.protect, start=1))
            self._sabotage(Moment.AFTER_PROTECT)
            self._sabotage(Moment.BEFORE_DISASTER)
            self._scribe.record(readings.load(self.lab, "before-disaster"))
        self._bring_back()

    def _settle(self) -> None:
        declared = self._scribe.marks[Mark.DECLARED].monotonic_ns
        give_up = declared + int(give_up_s(self.drill) * 1e9)
        self._scribe.mark(Mark.SERVICE_ANSWERED, answering(self.lab, self.drill.settle, give_up))
        for service in self.drill.lab.services:
            self.lab.journal_ready(service)
        for step in self.drill.protect:
            self._scribe.record_all(step.recovered(self.lab))


def answering(lab: Lab, settle_s: float, give_up: int) -> Instant:
    """Wait until every service has answered its probe for `settle_s` without a failure; return when that began.

    Raises StepTimedOutError past `give_up` (monotonic nanoseconds), with what was seen last.
    """
    since, seen = None, ""
    while since is None or lab.clock.monotonic_ns() < since.monotonic_ns + int(settle_s * 1e9):
        try:
            for service in lab.loaded.drill.lab.services:
                software = lab.software(service)
                software.probe(lab.access(service), history=not software.keeps_data)
            since = since or lab.clock.now()
        except NotReadyError as error:
            since, seen = None, error.message
            if lab.clock.monotonic_ns() > give_up:
                raise StepTimedOutError(f"the service did not answer for good in time: {seen}") from error
        lab.clock.sleep(POLL_S)
    return since
