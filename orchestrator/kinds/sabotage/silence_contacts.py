"""The sabotage `silence-contacts`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from orchestrator.core.ports import Person
    from reports.facts.events import Finding


@dataclass(frozen=True)
class Deaf:
    """A person who gets no answer from some contacts, and is told so at once."""

    person: Person
    silent: tuple[str, ...]

    @property
    def present(self) -> bool:
        """Return whether the person is there."""
        return self.person.present

    def confirm(self, request: str, timeout_s: float) -> bool:
        """Return False for a call to one of them; all else is for the person."""
        called = any(request.startswith(f"Call {contact}:") for contact in self.silent)
        return not called and self.person.confirm(request, timeout_s)


class SilenceContacts(Sabotage):
    """Let nobody answer a call: numbers that are out of date, a pager that is switched off.

    What an escalation list that nobody keeps leaves. Confirmed by a call whose contacts are all among the silent.
    """

    main: ClassVar[str] = "contacts"
    example: ClassVar[str] = "silence-contacts: [on-call DBA, head of operations]"
    moment: ClassVar[Moment] = Moment.BEFORE_RECOVERY

    contacts: tuple[str, ...] = Field(min_length=1, description="Who does not answer, as `call` names them.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield the silence of all whom the recovery calls first."""
        if calls := _calls(drill):
            yield cls(contacts=calls[0]), Expect.failed_by("recovery-step")

    def spoil(self, lab: Lab) -> Finding:
        """Silence them, and look whom that leaves."""
        lab.ports = replace(lab.ports, person=Deaf(lab.ports.person, self.contacts))
        unanswered = [call for call in _calls(lab.loaded.drill) if {*call} <= {*self.contacts}]
        return self.confirmation(
            f"{', '.join(self.contacts)} do not answer; calls that nobody is left to answer: {len(unanswered)}",
            matters=bool(unanswered),
            seen={"contacts": list(self.contacts), "calls": len(unanswered)},
        )


def _calls(drill: Drill) -> list[tuple[str, ...]]:
    """Return the contacts of each step that calls some."""
    return [contacts for step in drill.recover if (contacts := getattr(step, "contacts", None))]
