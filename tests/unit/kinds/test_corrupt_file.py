"""The disaster `corrupt-file`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.docker_port import Completed
from orchestrator.core.errors import StepFailedError
from orchestrator.core.software_port import DataFile
from orchestrator.kinds.disasters.corrupt_file import CorruptFile
from reports.facts.events import State

if TYPE_CHECKING:
    from fakes import World

    from orchestrator.core.lab import Lab

ROWS = "/data/rows"
SOUND = b"12345678" * 2 + b"1234" + bytes(12)
"""Of four pages of eight bytes the third is half empty, the fourth empty."""


def corrupt(**settings: object) -> CorruptFile:
    """Return the disaster, of a relation."""
    return CorruptFile.model_validate({"service": "db", "relation": "public.rows", "bytes": 2, **settings})


def on_disk(lab: Lab) -> bytes:
    """Return what the file holds now."""
    return lab.read_file("db", ROWS, 0, 100)


def test_bytes_are_others_where_data_was_and_the_service_runs(lab: Lab, world: World) -> None:
    """As many as asked for, side by side; the service was stopped for it and started again."""
    before = world.docker.containers[lab.container("db")].started_at
    says = corrupt().inject(lab)
    differ = [place for place, (was, now) in enumerate(zip(SOUND, on_disk(lab), strict=True)) if was != now]
    finding = corrupt().confirm(lab)
    at = finding.seen["at"]
    assert says == f"db was stopped, 2 bytes of {ROWS} at {at} are others now, and it was started again"
    assert (finding.state, finding.says) == (State.HELD, f"db: {ROWS} has other bytes at {at}, where data was")
    assert differ == [at, at + 1]
    assert finding.seen == {"path": ROWS, "at": at, "put": on_disk(lab)[at : at + 2].hex(), "used": True}
    assert lab.is_running("db")
    assert world.docker.containers[lab.container("db")].started_at > before


def test_what_the_bytes_were_is_kept_nowhere(lab: Lab) -> None:
    """They may be a row's."""
    disaster = corrupt(at=0, bytes=8)
    disaster.inject(lab)
    kept = (lab.folder / "manifests" / f"{disaster.memory}-db.json").read_text()
    assert SOUND[:8].hex() not in kept


def test_free_space_is_never_drawn(lab: Lab) -> None:
    """An empty page is passed over, wherever the drawing begins."""
    for seed in range(30):
        lab.random.seed(seed)
        corrupt(bytes=1).inject(lab)
        assert corrupt(bytes=1).confirm(lab).seen["used"], seed


def test_bytes_in_free_space_harm_nothing(lab: Lab) -> None:
    """A place of one's own choice may miss: nothing was tested, also if only a part of it is data."""
    for at in (20, 19, 30):
        lab.overwrite("db", ROWS, 0, SOUND)
        corrupt(at=at).inject(lab)
        finding = corrupt(at=at).confirm(lab)
        assert (finding.state, finding.says) == (State.VIOLATED, f"db: {ROWS} has free space at {at}: no data is hit")


def test_bytes_that_were_written_over_harm_nothing(lab: Lab) -> None:
    """As by a server that had them in its memory."""
    corrupt().inject(lab)
    lab.overwrite("db", ROWS, 0, SOUND)
    finding = corrupt().confirm(lab)
    assert (finding.state, finding.says) == (
        State.VIOLATED,
        f"db: {ROWS} was written over: its bytes are sound again",
    )


def test_a_service_without_data_cannot_be_corrupted(lab: Lab) -> None:
    """Nothing but free space was drawn."""
    lab.overwrite("db", ROWS, 0, bytes(len(SOUND)))
    with pytest.raises(StepFailedError) as caught:
        corrupt().inject(lab)
    assert caught.value.message == f"db: {ROWS}: none of 20 pages drawn at random holds 2 bytes of data"


def test_bytes_lie_within_one_page(lab: Lab) -> None:
    """Half in the next page they could be half in free space."""
    with pytest.raises(StepFailedError) as caught:
        corrupt(at=7).inject(lab)
    assert caught.value.message == f"db: {ROWS}: 2 bytes at 7 do not lie within one of its pages"


def test_of_any_other_file_all_is_data(lab: Lab, world: World) -> None:
    """Named by its path; its size is asked of the running service."""
    world.docker.programs["stat"] = lambda *_: Completed(0, "32\n")
    disaster = CorruptFile.model_validate({"service": "db", "path": ROWS, "at": 30, "bytes": 2})
    disaster.inject(lab)
    assert disaster.confirm(lab).state == State.HELD


@pytest.mark.parametrize("said", [Completed(1, "stat: cannot statx '/data/rows'\n"), Completed(0, "0\n")])
def test_a_file_that_is_not_there_or_empty_is_told(lab: Lab, world: World, said: Completed) -> None:
    """Before the service is stopped."""
    world.docker.programs["stat"] = lambda *_: said
    with pytest.raises(StepFailedError) as caught:
        CorruptFile(service="db", path=ROWS).inject(lab)
    assert caught.value.message == f"db: {ROWS} cannot be corrupted: stat says {said.output.strip()}"
    assert lab.is_running("db")


def test_it_needs_one_file_on_a_volume(lab: Lab) -> None:
    """It is said when the drill's file is read."""
    drill = lab.loaded.drill
    one_of = ("relation", "give one of `relation` and `path`")
    assert list(CorruptFile(service="db", path=ROWS).mistakes(drill)) == []
    assert list(CorruptFile(service="db").mistakes(drill)) == [one_of]
    assert list(corrupt(path=ROWS).mistakes(drill)) == [one_of]
    assert list(CorruptFile(service="db", path="/etc/hosts").mistakes(drill)) == [
        ("path", "/etc/hosts is on no volume of db; its volumes: /data")
    ]


def test_a_file_of_which_nothing_is_known_holds_data_everywhere() -> None:
    """What its pages are is the software's business."""
    assert DataFile("/x", 4, 1).used(bytes(4)) == range(4)
