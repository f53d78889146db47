"""The disaster `power-loss`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.disasters.power_loss import PowerLoss
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

CUT = PowerLoss(service="db", volume="data")


def test_what_was_not_flushed_is_gone_and_nothing_runs(disk_lab: Lab) -> None:
    """The file system had to replay its journal, as after no orderly end."""
    assert CUT.inject(disk_lab) == "db was killed, and its disk data lost what was not flushed"
    assert CUT.confirm(disk_lab) == Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says=(
            "db: the journal of its disk data was replayed, what was written unflushed just before is gone, "
            "its container does not run"
        ),
        seen={"journal_replayed": True, "unflushed_kept": False, "container_runs": False},
    )


def test_a_kill_is_no_power_loss(disk_lab: Lab) -> None:
    """The page cache survived it."""
    disk_lab.kill("db")
    finding = CUT.confirm(disk_lab)
    assert finding.state == State.VIOLATED
    assert finding.says == (
        "db: the journal of its disk data was not replayed, what was written unflushed just before is gone, "
        "its container does not run"
    )


def test_a_service_that_runs_has_power(disk_lab: Lab) -> None:
    """Whatever its disk went through."""
    disk_lab.disk("db", "data").cut_power()
    assert CUT.confirm(disk_lab).state == State.VIOLATED


def test_a_volume_without_a_size_is_a_mistake(lab: Lab) -> None:
    """This machine's memory would keep what was not flushed."""
    assert list(CUT.mistakes(lab.loaded.drill)) == [
        ("volume", "data is no disk of its own; declare it as {path: /data, size: 512MiB}")
    ]
