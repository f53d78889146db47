"""The disaster `fill-disk`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.kinds.disasters.fill_disk import FillDisk
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

FILL = FillDisk(service="db", volume="data")


def test_no_byte_is_left_and_no_write_is_taken(disk_lab: Lab) -> None:
    """What became of the service is said too."""
    assert FILL.inject(disk_lab) == "db: its disk data was filled to the last byte"
    finding = Finding(
        name="disaster-confirmed",
        state=State.HELD,
        says="db: its disk data refuses writes, 0 bytes are free; its container still runs",
        seen={"takes_writes": False, "free_bytes": 0, "container_runs": True},
    )
    assert FILL.confirm(disk_lab) == finding
    disk_lab.kill("db")
    assert FILL.confirm(disk_lab).says == "db: its disk data refuses writes, 0 bytes are free; its container has ended"


def test_a_disk_that_takes_writes_was_not_filled(disk_lab: Lab) -> None:
    """It is looked at until `within` is over."""
    began = disk_lab.clock.monotonic_ns()
    finding = FillDisk.model_validate({"service": "db", "volume": "data", "within": "2s"}).confirm(disk_lab)
    assert finding.state == State.VIOLATED
    assert finding.says == "db: its disk data takes writes, 67108864 bytes are free; its container still runs"
    assert disk_lab.clock.monotonic_ns() - began == 2_000_000_000


def test_a_volume_without_a_size_is_a_mistake(lab: Lab) -> None:
    """It is said when the file is read, with what to write."""
    assert list(FILL.mistakes(lab.loaded.drill)) == [
        ("volume", "data is no disk of its own; declare it as {path: /data, size: 512MiB}")
    ]


def test_a_volume_the_service_does_not_have_is_a_mistake(disk_lab: Lab) -> None:
    """So is a service's that is not there, but that is said elsewhere."""
    assert list(FILL.mistakes(disk_lab.loaded.drill)) == []
    assert list(FillDisk(service="dc", volume="data").mistakes(disk_lab.loaded.drill)) == []
    assert list(FillDisk(service="db", volume="date").mistakes(disk_lab.loaded.drill)) == [
        ("volume", "db has no volume 'date'; its volumes: data")
    ]
