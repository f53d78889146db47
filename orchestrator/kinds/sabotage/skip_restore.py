"""The sabotage `skip-restore`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Sabotage, Step
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding


class SkipRestore(Sabotage):
    """Leave the playbooks of the recovery out, as one does that matches no host: nothing is restored, and nobody told.

    A service that was made anew then starts empty, and even answers. Confirmed by the playbooks left out, and by a
    service that the recovery makes anew and starts.
    """

    main: ClassVar[str] = "within"
    example: ClassVar[str] = "skip-restore: 10s"
    moment: ClassVar[Moment] = Moment.BEFORE_RECOVERY

    within: Duration = Field(
        default=15.0, gt=0, description="The longest time for each step that is left: in vain, most of them would wait."
    )

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it where a service that a ledger writes to is made anew, filled by a playbook, and started."""
        written = {service for workload in drill.workload for service in workload.services()}
        if written & _emptied(drill.recover) and _playbooks(drill.recover):
            yield cls(), Expect.failed_by("recovery-step")

    def spoil(self, lab: Lab) -> Finding:
        """Take them out of what is about to be run."""
        steps = lab.loaded.drill.recover
        out = _playbooks(steps)
        left = [_sooner(step, self.within) for step in steps if step not in out]
        lab.loaded = lab.loaded.model_copy(update={"drill": lab.loaded.drill.model_copy(update={"recover": left})})
        emptied = sorted(_emptied(steps))
        says = f"left out: {', '.join(step.title for step in out)}; starts empty: {', '.join(emptied)}"
        return self.confirmation(says, matters=bool(out and emptied), seen={"left_out": len(out), "empty": emptied})


def _playbooks(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step.playbooks()]


def _emptied(steps: list[Step]) -> set[str]:
    """Return the services that are made anew, and started later."""
    made, started = (
        {service for step in steps if step.kind == kind for service in step.services()} for kind in ("replace", "start")
    )
    return made & started


def _sooner(step: Step, within: float) -> Step:
    return step.model_copy(update={"timeout": min(step.timeout, within)})
