"""Every error the tool raises on purpose: what, where, what was seen, and a hint. `cli` turns them into exit codes.

DrillmasterError
├── BadDrillError      the file or the command line is wrong           exit 2
├── CannotRunError     this machine lacks what the drill needs         exit 2
│   └── EvidenceError  the evidence cannot be written any more         exit 4
├── StepFailedError    a step, disaster or sabotage did not succeed    judged
│   └── StepTimedOutError
├── NotReadyError      a service did not answer as it should           judged
├── RefusedError       what people ask for contradicts the register    exit 2
└── UnreadableRunError a run's folder cannot be judged                 exit 2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.yaml.mistakes import Mistake


class DrillmasterError(Exception):
    """Base: a lower-case message without full stop, and optionally one hint."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadDrillError(DrillmasterError):
    """A drill file or a command line that cannot be run; carries every mistake found."""

    def __init__(self, mistakes: list[Mistake], *, hint: str = "") -> None:
        super().__init__("\n".join(str(mistake) for mistake in sorted(mistakes)), hint=hint)
        self.mistakes = tuple(sorted(mistakes))


class CannotRunError(DrillmasterError):
    """The machine lacks something: an engine, an image, a route, space, a right."""


class EvidenceError(CannotRunError):
    """The run's evidence cannot be written: the run goes no further."""


class StepFailedError(DrillmasterError):
    """Something done to the system failed."""


class StepTimedOutError(StepFailedError):
    """Something done to the system did not end in its time."""


class NotReadyError(DrillmasterError):
    """A service did not become ready."""


class RefusedError(DrillmasterError):
    """What a person asks to register cannot stand beside what is registered."""


class UnreadableRunError(DrillmasterError):
    """A run's folder is missing, torn or not ours."""
