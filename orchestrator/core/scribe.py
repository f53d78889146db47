"""Writes down what the engine does: phases, steps and marks, each with its outcome, whatever way it ends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.core.errors import DrillmasterError, EvidenceError, StepTimedOutError
from orchestrator.core.lab_parts import Progress
from reports.facts.events import MarkReached, Outcome, PhaseFinished, PhaseStarted, StepFinished

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.core.kind import Step
    from orchestrator.core.lab import Lab
    from reports.facts.events import AnyFact, Instant, Mark, Phase


class DrillEndedError(Exception):
    """A phase failed and is journaled; nothing more is done to the system."""


class Scribe:
    """The journal as the engine uses it. Remembers the marks reached."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.marks = lab.marks

    def record(self, fact: AnyFact) -> None:
        """Append a fact."""
        self._lab.ports.journal.append(fact)

    def record_all(self, facts: Iterable[AnyFact]) -> None:
        """Append facts one by one, as they come."""
        for fact in facts:
            self.record(fact)

    def mark(self, mark: Mark, at: Instant | None = None, says: str = "") -> None:
        """Record that a mark was reached: at `at`, or now."""
        self.marks[mark] = at or self._lab.clock.now()
        self.record(MarkReached(mark=mark, at=self.marks[mark], says=says))

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        """Record a phase; raises DrillEndedError in place of an error of the drill's, others as they are.

        Evidence that cannot be written is no failure of the drill's: EvidenceError ends the run.
        """
        self._lab.progress = Progress(phase)
        self.record(PhaseStarted(phase=phase))
        try:
            yield
        except EvidenceError:
            raise
        except DrillmasterError as error:
            self.record(PhaseFinished(phase=phase, outcome=outcome_of(error), says=text_of(error)))
            raise DrillEndedError from error
        except BaseException as error:
            self.record(PhaseFinished(phase=phase, outcome=Outcome.INTERRUPTED, says=str(error)))
            raise
        self.record(PhaseFinished(phase=phase, outcome=Outcome.OK))

    @contextmanager
    def winding_up(self, phase: Phase) -> Iterator[None]:
        """Record a phase whose failure does not stop the next."""
        try:
            with self.phase(phase):
                yield
        except DrillEndedError:
            pass

    def steps(self, steps: Iterable[tuple[int, Step]]) -> None:
        """Run numbered steps in order, each recorded; the first to fail is the last that runs: its error is raised.

        Once the run is to end, none is begun.
        """
        for number, step in steps:
            if self._lab.stopping.is_set():
                return
            self._lab.progress.step = number
            self._step(number, step)

    def skipped(self, number: int, step: Step, because: str) -> None:
        """Record a step that was not begun."""
        now = self._lab.clock.now()
        self._finished(number, step, now, (Outcome.SKIPPED, because))

    def _step(self, number: int, step: Step) -> None:
        started = self._lab.clock.now()
        outcome, says = Outcome.INTERRUPTED, ""
        try:
            says = step.run(self._lab)
            outcome = Outcome.OK
        except DrillmasterError as error:
            outcome, says = outcome_of(error), text_of(error)
            raise
        finally:
            self._finished(number, step, started, (outcome, says))

    def _finished(self, number: int, step: Step, started: Instant, ended: tuple[Outcome, str]) -> None:
        outcome, says = ended
        self.record(
            StepFinished(
                phase=self._lab.progress.phase,
                tier=self._lab.progress.tier,
                number=number,
                kind=step.kind,
                title=step.title,
                started=started,
                finished=self._lab.clock.now(),
                outcome=outcome,
                says=says,
            )
        )


def outcome_of(error: DrillmasterError) -> Outcome:
    """Return how a step that raised `error` ended."""
    return Outcome.TIMED_OUT if isinstance(error, StepTimedOutError) else Outcome.FAILED


def text_of(error: DrillmasterError) -> str:
    """Return an error's message and hint in one line."""
    return f"{error.message} (hint: {error.hint})" if error.hint else error.message
