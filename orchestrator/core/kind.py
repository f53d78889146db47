"""What a kind is: a frozen pydantic class whose fields are its YAML settings and whose verbs act through the lab.

One kind is one file is one class; the file's name (with dashes) is the YAML name. The first paragraph of the class's
docstring says what it does, the rest what it proves and what it does not. The catalogue, the schema and the command
line's list follow from that.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from textwrap import shorten
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill, Expect
    from orchestrator.core.lab import Lab
    from orchestrator.core.ledger_port import RunningLedger
    from reports.facts.events import AnyFact


TITLE_LENGTH = 120  # characters: a line on a terminal and in the timeline


class Settings(BaseModel):
    """A frozen value from a drill file; unknown settings are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=False)


@dataclass(frozen=True)
class Need:
    """A tool that must be inside a service's image for the kind to work there."""

    service: str
    tool: str


@dataclass(frozen=True)
class Source:
    """A file or folder of this machine that a service can read, and only read, at a path inside."""

    service: str
    path: str
    inside: str


def in_brief(text: str) -> str:
    """Return a script or a statement as one line, cut where it is long."""
    return shorten(text, TITLE_LENGTH, placeholder=" …")


class Kind(Settings):
    """Base of all kinds."""

    kind: ClassVar[str]
    """The YAML name; set by the catalogue from the file's name."""
    main: ClassVar[str]
    """The setting that a scalar stands for."""
    example: ClassVar[str]
    """One line of YAML, as it would stand in a drill."""
    proves: ClassVar[str] = ""
    """For disasters and checks: one sentence for the catalogue's page."""
    not_proven: ClassVar[tuple[str, ...]] = ()
    """Sentences for the report's 'not proven'."""

    @property
    def title(self) -> str:
        """Return how the timeline names this: the kind and its main setting, if it has one."""
        setting = self.model_dump(by_alias=True)[self.main]
        return self.kind if setting is None else f"{self.kind}: {in_brief(str(setting))}"

    @property
    def memory(self) -> str:
        """Return a name for what this remembers, different for each of its kind with other settings."""
        return f"{self.kind}-{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]}"

    @property
    def leaves_open(self) -> tuple[str, ...]:
        """Return what of `not_proven` is meant with these settings."""
        return self.not_proven

    def services(self) -> tuple[str, ...]:
        """Return the lab services this refers to; the loader checks that they exist."""
        service = getattr(self, "service", None)
        return () if service is None else (service,)

    def playbooks(self) -> tuple[str, ...]:
        """Return the playbooks this runs; the loader checks that they are there."""
        playbook = getattr(self, "playbook", None)
        return () if playbook is None else (playbook,)

    def files(self) -> tuple[str, ...]:
        """Return the other files this reads, as the drill names them; the loader checks that they are there."""
        file = getattr(self, "file", None)
        return () if file is None else (file,)

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """Yield (setting, what is wrong) for what only the whole drill can tell.

        The drill may be broken elsewhere: only its `lab` and its lists of kinds may be asked.
        """
        yield from ()

    def needs(self) -> tuple[Need, ...]:
        """Return the tools that must be inside the lab's images; plan looks for them."""
        return ()

    def sources(self) -> tuple[Source, ...]:
        """Return what of this machine must be within reach of the lab's services, read-only."""
        return ()


class Step(Kind):
    """Something done to the system."""

    existing: ClassVar[bool] = False
    """Whether it finds a backup that is there already: before the recovery there is then no system to be lost."""
    by_people: ClassVar[bool] = False
    """Whether people do it, and it touches no lab: a tabletop is of such steps alone."""

    timeout: Duration = Field(default=600.0, gt=0, description="Longest time the step may take.")

    @abstractmethod
    def run(self, lab: Lab) -> str:
        """Do it and return one sentence on what was done; raises StepFailedError or StepTimedOutError."""

    def recovered(self, lab: Lab) -> Iterator[AnyFact]:  # noqa: ARG002
        """Yield what is to be told of an existing backup once the service that was recovered from it answers."""
        yield from ()


class Workload(Kind):
    """Traffic during the run."""

    @abstractmethod
    def prepare(self, lab: Lab) -> None:
        """Make what the traffic needs (tables, roles). Called in `prepare`, never later."""

    @abstractmethod
    def start(self, lab: Lab) -> RunningLedger:
        """Start the traffic."""


class Disaster(Kind):
    """Something destroyed for real."""

    stays_up: ClassVar[bool] = False
    """Whether the service goes on answering afterwards (damage to data rather than loss of service)."""

    def hits(self, drill: Drill) -> tuple[str, ...]:  # noqa: ARG002
        """Return the services that it is meant for; those it names, unless the drill tells which they are."""
        return self.services()

    @abstractmethod
    def inject(self, lab: Lab) -> str:
        """Destroy, and return one sentence on what was destroyed; raises StepFailedError."""

    @abstractmethod
    def confirm(self, lab: Lab) -> Finding:
        """Look again: held if the damage is there, violated if it is not, unknown if it cannot be told."""


class Check(Kind):
    """A look at the recovered system."""

    def remember(self, lab: Lab) -> None:
        """Take what the healthy system must be compared with later. Called at the end of `protect`."""

    @abstractmethod
    def look(self, lab: Lab) -> list[Finding]:
        """Look and return findings named after the kind.

        An error of the recovered data is *violated*; a tool absent from the lab is *unknown*.
        """


class Moment(StrEnum):
    """When a sabotage is done."""

    BEFORE_DISASTER = "before-disaster"
    """After `protect` and steady's wait, before the disaster."""
    AFTER_PROTECT = "after-protect"
    """At the start of `steady`."""
    BEFORE_RECOVERY = "before-recovery"
    """After the decision, before the first recovery step: inside the RTO."""
    AFTER_RECOVERY = "after-recovery"
    """After the service settled, before the workload stops and the checks look."""


LONGEST_WAIT_S = 60.0
"""A fault that shows only once a promise is outlasted is not put in unasked where the promise is longer than this."""


class Sabotage(Kind):
    """A deliberate fault in protection or recovery: a run of it must be caught."""

    moment: ClassVar[Moment]
    """The only moment at which it makes sense; kinds that leave it to the drill have a setting instead."""
    variants: ClassVar[tuple[str, ...]] = ()
    """The settings by which one kind is several faults; all others only say where, or how much."""

    @property
    def fault(self) -> str:
        """Return the name of the fault: the kind's, and that of the variant."""
        return "-".join([self.kind, *(str(getattr(self, setting)) for setting in self.variants)])

    @property
    def when(self) -> Moment:
        """Return when it is done."""
        return self.moment

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:  # noqa: ARG003
        """Yield what of this kind can be done to a drill that names none, each with how it must be caught.

        The finding named is the one that this very fault must violate, so nothing is yielded for a drill that does not
        have it: a fault in a backup only where recovery reads one. What only the lab can tell (which table is the
        largest, which segment lies after the backup) is left to `spoil`.
        """
        yield from ()

    @abstractmethod
    def spoil(self, lab: Lab) -> Finding:
        """Put the fault in, look again, and return whether it is confirmed to matter (held, or violated if not)."""

    def confirmation(self, says: str, *, matters: bool, seen: dict[str, Any]) -> Finding:
        """Return the finding of `spoil`."""
        state = State.HELD if matters else State.VIOLATED
        return Finding(name="sabotage-confirmed", state=state, says=says, seen=seen)
