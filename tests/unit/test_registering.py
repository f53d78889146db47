"""What of a run is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from journals import PLANNED
from synthetic_registers import FreshKey

from orchestrator import registering
from orchestrator.adapters.key_files import KeyFiles
from orchestrator.adapters.run_lock import RunLock
from orchestrator.core.errors import CannotRunError, RefusedError, UnreadableRunError
from reports.facts.events import Expectation, Verdict
from reports.register import chain
from reports.register.entries import Anchored, Started
from reports.register.state import state_of

if TYPE_CHECKING:
    from pathlib import Path

CONTROL = PLANNED.model_copy(
    update={"run": "control", "expect": Expectation(verdict=Verdict.FAIL, by=("rto",)), "trigger": "schedule"}
)


def test_a_start_holds_the_criteria(tmp_path: Path) -> None:
    """What the run will be judged by stands there before anything is built; a negative control is said to be one."""
    register = registering.register_of(tmp_path, FreshKey())
    places = [registering.begin(register, planned) for planned in (PLANNED, CONTROL)]
    found = chain.read(tmp_path / chain.NAME)
    entries = [(entry.body, found.hashes[entry.seq - 1]) for entry in found.entries if isinstance(entry.body, Started)]
    same = {
        "drill": "a-drill",
        "system": "orders",
        "drill_sha256": "0" * 64,
        "objectives": PLANNED.objectives,
        "operator": "somebody",
    }
    assert entries == [
        (Started(run=PLANNED.run, trigger="manual", control=False, **same), places[0].head),
        (Started(run="control", trigger="schedule", control=True, **same), places[1].head),
    ]
    assert [row.control for row in state_of(found.entries, found.hashes).runs] == [False, True]


def test_a_head_that_was_published_is_registered(tmp_path: Path) -> None:
    """It covers the entries up to it; the entry that says so is no part of it."""
    register = registering.register_of(tmp_path, FreshKey())
    registering.begin(register, PLANNED)
    reached = registering.head(tmp_path)
    assert reached.seq == 3
    with pytest.raises(RefusedError):
        registering.anchor(register, reached, "ticket \udcff")
    registering.anchor(register, reached, "ticket 4711")
    found = chain.read(tmp_path / chain.NAME)
    anchored = Anchored(seq=3, sha256=reached.sha256, where="ticket 4711", token="")
    assert (found.entries[3].body, state_of(found.entries, found.hashes).mistakes) == (anchored, ())
    assert registering.head(tmp_path).seq == 4


def test_who_has_no_key_anchors_nothing_in_a_signed_register(tmp_path: Path) -> None:
    """Nobody would trust a register with an unsigned entry in it; a start is registered all the same."""
    registering.begin(registering.register_of(tmp_path, FreshKey()), PLANNED)
    keyless, reached = registering.register_of(tmp_path, None), registering.head(tmp_path)
    before = keyless.path.read_bytes()
    for attempt in (
        lambda: registering.anchor(keyless, reached, "ticket 4711"),
        lambda: registering.stamp(keyless, reached, "http://127.0.0.1:9"),
        lambda: registering.begin_of_dead(keyless, tmp_path / "a-drill" / PLANNED.run),
    ):
        with pytest.raises(RefusedError) as caught:
            attempt()
        assert caught.value.message == f"{keyless.path}: its entries are signed, and you have no key"
    assert keyless.path.read_bytes() == before
    registering.begin(keyless, CONTROL)
    assert registering.head(tmp_path).seq == reached.seq + 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, ": cannot be read: No such file or directory"),
        (b"", ": is empty"),
        (b"{}\n", ":1: not a known entry: Field required"),
    ],
)
def test_without_a_sound_register_there_is_no_head(tmp_path: Path, content: bytes | None, says: str) -> None:
    """None is printed that somebody could publish."""
    path = tmp_path / chain.NAME
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableRunError) as caught:
        registering.head(tmp_path)
    assert caught.value.message == f"{path}{says}"
    assert caught.value.hint


@pytest.mark.parametrize("url", ["ftp://tsa.example", "tsa.example", "http://[::1", "http://tsa.example/ü"])
def test_what_is_no_address_of_an_authority_is_refused(tmp_path: Path, url: str) -> None:
    """Before anybody is asked."""
    register = registering.register_of(tmp_path, None)
    registering.begin(register, PLANNED)
    with pytest.raises(CannotRunError) as caught:
        registering.stamp(register, registering.head(tmp_path), url)
    assert (caught.value.message, caught.value.hint) == (
        f"{url}: no address of a time-stamp authority",
        "it begins with http:// or https://, and all of it is ASCII",
    )


def test_a_key_is_not_rotated_under_a_run(tmp_path: Path) -> None:
    """The run could not register its end any more; one that died does not stand in the way."""
    keys, evidence = KeyFiles(tmp_path / "keys", lambda: None), tmp_path / "evidence"
    keys.init(passphrase=False)
    before = keys.shown()
    folder = evidence / PLANNED.drill / PLANNED.run
    folder.mkdir(parents=True)
    registering.begin(registering.register_of(evidence, keys.open()), PLANNED)
    with RunLock(folder), pytest.raises(CannotRunError) as caught:
        registering.rotate(keys, [evidence])
    says = f"run {PLANNED.run} is going on, and could not register its end with the old key"
    assert (caught.value.message, caught.value.hint) == (f"{evidence}: {says}", "wait until it has ended")
    assert keys.shown() == before
    assert registering.rotate(keys, [evidence]) == [(evidence, True)]
    assert keys.shown()[2] == [before[0]]
