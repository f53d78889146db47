"""Redis copied out as it is written: gone back to full seconds, and what is refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from labs import lab_of

from orchestrator.core.errors import StepFailedError
from orchestrator.core.files import DRILLS, PLAYBOOKS
from orchestrator.core.procedures import run_playbook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.lab import Lab

OVER = """
lab:
  services:
    cache: {settings: {appendonly: yes, aof-timestamp-enabled: yes, auto-aof-rewrite-percentage: 0}}
"""
SERIES = "/var/lib/redis-backups/as-written"


def play(lab: Lab, name: str, **settings: object) -> None:
    """Run one of the playbooks."""
    run_playbook(lab, PLAYBOOKS / name, settings, timeout_s=60)


def to(moment: float) -> dict[str, object]:
    """Return a recovery target, in whole seconds if the moment is."""
    return {"drill_recovery_target": {"type": "time", "time": datetime.fromtimestamp(moment, UTC).isoformat()}}


def refused(lab: Lab, moment: float) -> str:
    """Restore, and return why that was refused."""
    with pytest.raises(StepFailedError) as caught:
        play(lab, "restore-redis-to-a-moment.yml", **to(moment))
    return caught.value.message.partition(" failed on cache: ")[2]


def next_second() -> int:
    """Wait for a second to begin, and return it."""
    now = time.time()
    time.sleep(1 - now % 1)
    return int(now) + 1


@pytest.fixture(scope="module")
def seconds() -> list[int]:
    """Return the seconds in each of which one key was set, once `bereft` has done so."""
    return []


@pytest.fixture(scope="module")
def bereft(seconds: list[int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a lab whose Redis was copied while it was written to, and then lost its disk."""
    with lab_of(DRILLS / "redis-volume-loss.yaml", tmp_path_factory.mktemp("redis"), OVER) as lab:
        lab.sql("cache", "SET before yes")
        play(lab, "back-up-redis-continuously.yml")
        for _ in range(4):
            seconds.append(next_second())
            lab.sql("cache", f"RPUSH seconds {seconds[-1]}")
        time.sleep(0.2)
        lab.destroy_volume("cache", "data")
        yield lab


def restored(lab: Lab, **settings: object) -> list[int]:
    """Restore onto an empty disk, start, and return the seconds that are there; `before` always is."""
    lab.destroy_volume("cache", "data")
    lab.replace("cache")
    play(lab, "restore-redis-to-a-moment.yml", **settings)
    lab.launch("cache")
    lab.wait_ready("cache", 20)
    assert lab.sql("cache", "GET before") == [("yes",)]
    return [int(str(second)) for (second,) in lab.sql("cache", "LRANGE seconds 0 -1")]


def test_it_goes_back_to_the_beginning_of_a_second(bereft: Lab, seconds: list[int]) -> None:
    """What was written in that second is not there, all before it is; and without a target everything is."""
    assert restored(bereft, **to(seconds[2])) == seconds[:2]
    assert restored(bereft) == seconds


def test_a_target_that_cannot_be_met_is_refused(bereft: Lab, seconds: list[int]) -> None:
    """Between two seconds, before the copying began, or after it ended; and nothing is overwritten."""
    bereft.destroy_volume("cache", "data")
    bereft.replace("cache")
    assert refused(bereft, seconds[1] + 0.5) == (
        f"recovery target {datetime.fromtimestamp(seconds[1] + 0.5, UTC).isoformat()}: "
        "the append-only file tells full seconds only: choose one"
    )
    early, late = seconds[0] - 3600, seconds[-1] + 60
    assert refused(bereft, early) == (
        f"exit code 1 | no series began before the target {datetime.fromtimestamp(early, UTC).isoformat()}: "
        "choose a later one"
    )
    assert refused(bereft, late) == (
        f"exit code 1 | the copy ends before the target {datetime.fromtimestamp(late, UTC).isoformat()}, "
        f"at {datetime.fromtimestamp(seconds[-1], UTC):%Y-%m-%dT%H:%M:%SZ}: recover to the latest state"
    )


def test_a_copy_with_another_byte_is_refused(bereft: Lab) -> None:
    """The base by its digest."""
    bereft.destroy_volume("cache", "data")
    bereft.replace("cache")
    spoil = f"cd {SERIES}/*Z/appendonlydir && printf x | tee --append *.base.rdb"
    assert bereft.execute("cache", ["sh", "-c", spoil]).exit_code == 0
    with pytest.raises(StepFailedError, match=r"is damaged: appendonlydir/.*base\.rdb: FAILED"):
        play(bereft, "restore-redis-to-a-moment.yml")
