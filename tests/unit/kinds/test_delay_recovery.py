"""The sabotage `delay-recovery`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.kinds.sabotage.delay_recovery import DelayRecovery
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab


@pytest.mark.parametrize(("by", "state"), [(61.0, State.HELD), (59.0, State.VIOLATED)])
def test_a_delay_matters_if_it_alone_breaks_the_rto(lab: Lab, world: World, by: float, state: State) -> None:
    """A shorter one may be made up for, and then a drill that passes is right."""
    began = world.clock.monotonic_ns()
    assert DelayRecovery(by=f"{by:g}s").spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=state,
        says=f"recovery waited {by:.1f} s; 60 s were promised for all of it",
        seen={"waited_s": by, "rto_s": 60.0},
    )
    assert world.clock.monotonic_ns() - began == by * 1e9
