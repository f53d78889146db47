"""One run of a drill, phase by phase.

    provision -> prepare -> (ledger starts) -> protect -> steady -> disaster -> detect -> recover -> settle -> check
    and always: collect -> tear down

The engine makes facts happen and journals them; it judges nothing. A phase that fails ends the drill, never the
winding up: what was measured until then is still collected, and the lab is always removed.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core import collecting, readings, tiers, watch
from orchestrator.core.errors import EvidenceError, StepFailedError, StepTimedOutError
from orchestrator.core.instants import instant_at
from orchestrator.core.kind import Moment
from orchestrator.core.scribe import DrillEndedError, Scribe
from orchestrator.core.stops import Interrupted, StoppedAsAskedError
from orchestrator.core.target import aim
from reports.facts.events import (
    CheckFinished,
    DisasterDone,
    Finding,
    LabKept,
    LabRemoved,
    Mark,
    Phase,
    RunAborted,
    RunFinished,
    SabotageDone,
    State,
    SteadyDrawn,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from orchestrator.core.drill import Drill
    from orchestrator.core.kind import Disaster
    from orchestrator.core.lab import Lab
    from orchestrator.core.ledger_port import RunningLedger
    from reports.facts.events import AnyFact


@dataclass
class Engine:
    """Runs one drill in one lab. `heeded` lets a request to stop raise Interrupted inside it, and nowhere else."""

    lab: Lab
    heeded: Callable[[], AbstractContextManager[None]]
    until: Phase | None = None
    keep_lab: bool = False

    def run(self) -> None:
        """Run to the end; whatever happens the lab is removed (unless kept) and the journal closed.

        Raises Interrupted after winding up when a signal came, and any bug of our own likewise.
        """
        ending: AnyFact = RunFinished()
        try:
            self._perform_and_wind_up()
        except StoppedAsAskedError as stop:
            ending = RunAborted(because=str(stop), by="engine")
        except Interrupted as interrupted:
            ending = RunAborted(because=f"stopped by signal {interrupted.signal}", by="engine")
            raise
        except EvidenceError as error:
            ending = RunAborted(because=error.message, by="engine")
            raise
        except BaseException as error:
            ending = RunAborted(because=f"a bug of drillmaster itself: {type(error).__name__}: {error}", by="engine")
            raise
        finally:
            self._scribe.record(ending)

    def _perform_and_wind_up(self) -> None:
        try:
            with self.heeded():
                self._perform()
        except DrillEndedError:
            pass
        finally:
            self._wind_up()
        # A request that came while the run wound up counts as much as one that came before.
        with self.heeded():
            pass

    def _wind_up(self) -> None:
        """Collect and tear down; even a journal that cannot be written any more leaves no lab and no ledger behind."""
        try:
            with self._scribe.winding_up(Phase.COLLECT):
                self._collect()
            with self._scribe.winding_up(Phase.TEAR_DOWN):
                self._tear_down()
        except BaseException:
            removed = self._remove_all()
            with suppress(EvidenceError):
                self._scribe.record(removed)
            raise

    def _perform(self) -> None:
        with self._phase(Phase.PROVISION):
            self.lab.provision()
        with self._phase(Phase.PREPARE):
            self._prepare()
        with self._phase(Phase.PROTECT):
            self._protect()
        with self._phase(Phase.STEADY):
            self._steady()
        with self._phase(Phase.DISASTER):
            self._strike()
        with self._phase(Phase.DETECT):
            self._detect()
        self._bring_back()

    def _bring_back(self) -> None:
        with self._phase(Phase.RECOVER):
            self._recover()
        with self._phase(Phase.SETTLE):
            self._settle()
            self._scribe.record(readings.load(self.lab, "after-recovery"))
            self._scribe.record_all(readings.configuration(self.lab, "after-recovery"))
            self._sabotage(Moment.AFTER_RECOVERY)
            if self.lab.ledgers:
                self._stop_ledgers()
        with self._phase(Phase.CHECK):
            self._check()

    # -- phases ---------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        for workload in self.drill.workload:
            workload.prepare(self.lab)
        self._scribe.steps(enumerate(self.drill.prepare, start=1))
        self.lab.flush_disks()

    def _protect(self) -> None:
        for workload in self.drill.workload:
            self.lab.ledgers[workload.services()[0]] = workload.start(self.lab)
        self._scribe.steps(enumerate(self.drill.protect, start=1))
        for check in (*self.drill.checks, *(one for one in self.drill.detect if one not in self.drill.checks)):
            check.remember(self.lab)
        self._scribe.record_all(readings.configuration(self.lab, "before-disaster"))
        watch.require_eyes(self.drill.detect, self.lab)

    def _steady(self) -> None:
        self._steady_since = self.lab.clock.monotonic_ns()
        self._sabotage(Moment.AFTER_PROTECT)
        wait = self.drill.steady.wait + self.lab.random.uniform(0, self.drill.steady.jitter)
        self._scribe.record(SteadyDrawn(wait_s=wait))
        watch.wait_while_writing(self._ledgers, self.lab.clock, wait)
        self._sabotage(Moment.BEFORE_DISASTER)
        watch.require_acknowledgements(self._ledgers)

    def _strike(self) -> None:
        # Before the target is read: what lies between it and the disaster is given up.
        self._scribe.record_all(readings.archiving(self.lab))
        self._scribe.record(readings.load(self.lab, "before-disaster"))
        self._scribe.record_all(aim(self.lab, self._steady_since))
        self._speeds_before = [watch.wait_for_fresh_acknowledgement(one).rate_per_s for one in self._ledgers]
        unconfirmed = [finding for finding in map(self._inject, self.drill.disaster) if finding.state != State.HELD]
        if unconfirmed:
            raise StepFailedError(f"the disaster was not confirmed, so nothing was tested: {unconfirmed[0].says}")
        self._scribe.mark(Mark.DISASTER_CONFIRMED)

    def _inject(self, disaster: Disaster) -> Finding:
        before = self.lab.clock.now()
        try:
            says = disaster.inject(self.lab)
        finally:
            if disaster is self.drill.disaster[0]:
                self._scribe.mark(Mark.DISASTER_INJECTED, before)
        confirmation, hit = disaster.confirm(self.lab), disaster.hits(self.drill)
        fact = DisasterDone(
            kind=disaster.kind,
            service=next(iter(hit), ""),
            services=(*hit, *(name for name, behind in self.lab.endpoints.items() if behind in hit)),
            stays_up=disaster.stays_up,
            says=says,
            confirmation=confirmation,
        )
        self._scribe.record(fact)
        return confirmation

    def _detect(self) -> None:
        """Wait until the disaster is noticed. Looks once at least: confirming it may have taken longer than allowed."""
        injected = self._scribe.marks[Mark.DISASTER_INJECTED].monotonic_ns
        deadline = injected + int(self.drill.detect_within * 1e9)
        while not self._detected(injected):
            if self.lab.clock.monotonic_ns() >= deadline:
                raise StepTimedOutError(f"nobody noticed the disaster within {self.drill.detect_within:g} s")
            self.lab.clock.sleep(watch.POLL_S)

    def _detected(self, injected: int) -> bool:
        # A restart that is part of the injection is no sign of a damage that leaves the service up.
        stays_up = all(disaster.stays_up for disaster in self.drill.disaster)
        begun = self._scribe.marks[Mark.DISASTER_CONFIRMED].monotonic_ns if stays_up else 0
        if failures := [at for one in self._ledgers if (at := one.first_failure_after(injected, begun))]:
            self._scribe.mark(Mark.DETECTED, instant_at(self.lab.clock, min(failures)), "the ledger's attempt failed")
        elif noticed := watch.noticed(self.drill.detect, self.lab):
            self._scribe.mark(Mark.DETECTED, says=noticed)
        return Mark.DETECTED in self._scribe.marks

    def _recover(self) -> None:
        assume = self.drill.assume
        assumed = assume.detect + assume.decide
        self._scribe.mark(Mark.DECLARED, says=f"assumed {assumed:g} s of people's time" if assumed else "at once")
        self._scribe.mark(Mark.RECOVERY_STARTED)
        try:
            self._sabotage(Moment.BEFORE_RECOVERY)
            tiers.recover(self.lab, self.drill)
        finally:
            self._scribe.mark(Mark.RECOVERY_FINISHED)

    def _settle(self) -> None:
        injected = self._scribe.marks[Mark.DISASTER_INJECTED].monotonic_ns
        finished = self._scribe.marks[Mark.RECOVERY_FINISHED].monotonic_ns
        give_up = injected + int(watch.give_up_s(self.drill) * 1e9)
        if not watch.settled(self._ledgers, finished, self.drill.settle, give_up):
            raise StepTimedOutError(f"clients could not write again within {watch.give_up_s(self.drill):g} s")
        watch.wait_for_full_speed(self._ledgers, self._speeds_before, self.drill.full_speed_within)

    def _check(self) -> None:
        for check in self.drill.checks:
            started = self.lab.clock.now()
            findings = watch.look(check, self.lab)
            finished = self.lab.clock.now()
            fact = CheckFinished(
                kind=check.kind, title=check.title, started=started, finished=finished, findings=tuple(findings)
            )
            self._scribe.record(fact)
        self._scribe.mark(Mark.VERIFIED)

    # -- winding up -----------------------------------------------------------------------------------------------

    def _tear_down(self) -> None:
        if self.keep_lab:
            self._scribe.record(LabKept(because="--keep-lab; `drillmaster sweep` removes it"))
        else:
            self._scribe.record(self._remove_all())

    def _remove_all(self) -> LabRemoved:
        for ledger in self.lab.ledgers.values():
            ledger.kill()
        return self.lab.remove()

    def _collect(self) -> None:
        try:
            if self.lab.ledgers:
                self._stop_ledgers()
                self._scribe.record_all(collecting.closed(self.lab))
        finally:
            self._scribe.record_all(collecting.server_marks(self.lab))
            collecting.keep_logs(self.lab)

    def _stop_ledgers(self) -> None:
        if Mark.WORKLOAD_STOPPED in self._scribe.marks:
            return
        for ledger in self._ledgers:
            ledger.stop()
        self._scribe.mark(Mark.WORKLOAD_STOPPED)
        for ledger in self._ledgers:
            ledger.read_back()

    # -- the small moves ------------------------------------------------------------------------------------------

    @property
    def drill(self) -> Drill:
        """Return what is run."""
        return self.lab.loaded.drill

    @property
    def _ledgers(self) -> list[RunningLedger]:
        if not self.lab.ledgers:
            raise StepFailedError("the ledger was never started")
        return [*self.lab.ledgers.values()]

    def __post_init__(self) -> None:
        self._scribe = Scribe(self.lab)
        self._speeds_before = [0.0 for _ in self.drill.workload]
        self._steady_since = 0

    @contextmanager
    def _phase(self, phase: Phase) -> Iterator[None]:
        """Journal a phase; a failure in it ends the drill, and `until` stops the run after it."""
        with self._scribe.phase(phase):
            yield
        if phase == self.until:
            raise StoppedAsAskedError(f"stopped after {phase}, as asked with --until")

    def _sabotage(self, moment: Moment) -> None:
        for sabotage in self.drill.sabotage:
            if sabotage.when == moment:
                self._scribe.record(SabotageDone(kind=sabotage.kind, finding=sabotage.spoil(self.lab)))
