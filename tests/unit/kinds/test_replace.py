"""The step `replace`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_docker import FakeDocker
from fakes import FakeClock, World

from orchestrator.core.errors import StepTimedOutError
from orchestrator.kinds.steps.replace import Replace

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab


def test_a_destroyed_service_is_made_anew_and_waits(lab: Lab, world: World) -> None:
    """Container and lost volume are there again; the image's command has not run."""
    lab.destroy_volume("db", "data")
    assert Replace(service="db").run(lab) == "db made anew; it waits idle"
    assert lab.volume_exists("db", "data")
    assert world.docker.is_idle(lab.container("db"))


def test_longer_than_allowed_is_timed_out(tmp_path: Path) -> None:
    """A timeout that nothing enforces would be a lie."""
    clock = FakeClock()
    lab = World(SlowToStop(clock), clock).lab(tmp_path)
    lab.provision()
    with pytest.raises(StepTimedOutError) as caught:
        Replace(service="db", timeout="1m").run(lab)
    assert caught.value.message == "db: made anew, but in 61.0 s where 60 s were allowed"


class SlowToStop(FakeDocker):
    """An engine whose containers take 61 seconds to stop."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(images={"any:1": "sha256:1"})
        self._clock = clock

    def stop(self, container: str, grace_s: float) -> None:
        """Stop it, slowly."""
        self._clock.sleep(61)
        super().stop(container, grace_s)
