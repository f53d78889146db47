"""The register on disk: what an append does, and what it refuses to add to."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from fakes import FakeClock
from synthetic_registers import FreshKey, finished, started

from orchestrator.adapters.register_file import RegisterFile, names_a_key, open_runs, start_of
from orchestrator.core.errors import CannotRunError, EvidenceError, UnreadableRunError
from reports.register import chain
from reports.register.entries import KeyRotated, Missed, Opened, Repaired
from reports.register.state import State, state_of

if TYPE_CHECKING:
    from pathlib import Path

KEY, OTHER = FreshKey(), FreshKey()
KNOWN = {one.keyid: one.private.public_key() for one in (KEY, OTHER)}
MISSED = Missed(drill="d", due="2026-01-01T00:00:00Z", reason="r")
OPENED = Opened(version="0.1.0")
NAMED = KeyRotated(old="", new=KEY.keyid, public_pem=KEY.public_pem)


def bodies(evidence: Path) -> list[object]:
    """Return what stands in a register, whose entries must agree."""
    assert state(evidence).mistakes == ()
    return [entry.body for entry in chain.read(evidence / chain.NAME).entries]


def state(evidence: Path) -> State:
    """Return what a register says."""
    found = chain.read(evidence / chain.NAME)
    return state_of(found.entries, found.hashes)


def test_the_first_entry_opens_a_register(tmp_path: Path) -> None:
    """With an id of its own, and the place it returns is the one it stands at."""
    place = RegisterFile(tmp_path, FakeClock(), None).append(MISSED)
    assert bodies(tmp_path) == [OPENED, MISSED]
    assert chain.read(tmp_path / chain.NAME).position == place
    (tmp_path / "other").mkdir()
    assert RegisterFile(tmp_path / "other", FakeClock(), None).append(MISSED).register_id != place.register_id


def test_entries_are_signed_by_the_key_that_the_register_names(tmp_path: Path) -> None:
    """It is named once, whoever opens the register again."""
    for _ in range(2):
        RegisterFile(tmp_path, FakeClock(), KEY).append(MISSED)
    assert bodies(tmp_path) == [OPENED, NAMED, MISSED, MISSED]
    entries = chain.read(tmp_path / chain.NAME).entries
    assert [chain.signed_by(entry, KNOWN) for entry in entries] == [(KEY.keyid,)] * 4


def test_a_key_that_comes_later_signs_from_then_on(tmp_path: Path) -> None:
    """And while it is not at hand, entries go on unsigned: what they lack can be seen."""
    for signer in (None, KEY, None, KEY):
        RegisterFile(tmp_path, FakeClock(), signer).append(MISSED)
    assert bodies(tmp_path) == [OPENED, MISSED, NAMED, MISSED, MISSED, MISSED]
    entries = chain.read(tmp_path / chain.NAME).entries
    assert [len(entry.signed) for entry in entries] == [0, 0, 1, 1, 0, 1]


def test_another_key_adds_nothing(tmp_path: Path) -> None:
    """The register stays as it is; the error names both keys and the ways out."""
    RegisterFile(tmp_path, FakeClock(), KEY).append(MISSED)
    before = (tmp_path / chain.NAME).read_bytes()
    other = RegisterFile(tmp_path, FakeClock(), OTHER)
    for attempt in (other.check, lambda: other.append(MISSED)):
        with pytest.raises(CannotRunError) as caught:
            attempt()
        assert caught.value.message == (
            f"{tmp_path}/register.jsonl: its entries are signed by key {KEY.keyid[:16]}…; yours is {OTHER.keyid[:16]}…"
        )
        assert caught.value.hint == (
            "use that key (DRILLMASTER_KEYS), finish its rotation with `drillmaster keys rotate`, "
            "or name another directory with --evidence"
        )
    assert (tmp_path / chain.NAME).read_bytes() == before


def test_a_key_is_rotated_by_both(tmp_path: Path) -> None:
    """Then the new one signs; asked again nothing more happens, nor where neither of them is in force."""
    register = RegisterFile(tmp_path, FakeClock(), KEY)
    register.append(MISSED)
    assert [register.rotate(OTHER), register.rotate(OTHER), register.rotate(FreshKey())] == [True, True, False]
    RegisterFile(tmp_path, FakeClock(), OTHER).append(MISSED)
    entries = chain.read(tmp_path / chain.NAME).entries
    assert [chain.signed_by(entry, KNOWN) for entry in entries[-2:]] == [(KEY.keyid, OTHER.keyid), (OTHER.keyid,)]
    assert [row.keyid for row in state(tmp_path).keys] == [KEY.keyid, OTHER.keyid]
    assert state(tmp_path).mistakes == ()


def test_an_unsigned_register_has_no_key_to_rotate(tmp_path: Path) -> None:
    """Its first signed entry will name the new one."""
    RegisterFile(tmp_path, FakeClock(), None).append(MISSED)
    assert not RegisterFile(tmp_path, FakeClock(), KEY).rotate(OTHER)
    assert bodies(tmp_path) == [OPENED, MISSED]


@pytest.mark.parametrize("torn", [b'{"seq":3,"at', b"\0" * 4096, b"x"])
def test_a_torn_last_line_is_cut_off_and_said_to_be(tmp_path: Path, torn: bytes) -> None:
    """Whatever a dying writer, or a disk without power, left there: longer than the word on it, or shorter."""
    register = RegisterFile(tmp_path, FakeClock(), None)
    register.append(MISSED)
    with register.path.open("ab") as file:
        file.write(torn)
    register.append(MISSED)
    repaired = Repaired(bytes_cut=len(torn), sha256=hashlib.sha256(torn).hexdigest())
    assert bodies(tmp_path) == [OPENED, MISSED, repaired, MISSED]


def test_a_torn_first_line_is_no_register_yet(tmp_path: Path) -> None:
    """It is opened, and what was cut off is said."""
    register = RegisterFile(tmp_path, FakeClock(), KEY)
    register.path.write_bytes(b'{"seq":1')
    register.append(MISSED)
    repaired = Repaired(bytes_cut=8, sha256=hashlib.sha256(b'{"seq":1').hexdigest())
    assert bodies(tmp_path) == [OPENED, repaired, NAMED, MISSED]


def test_long_lines_are_read_from_the_end_as_well(tmp_path: Path) -> None:
    """Longer than what is read at once, several of them, and one that ends where a reading ends."""
    register = RegisterFile(tmp_path, FakeClock(), KEY)
    for length in (10, 100_000, 16 * 1024, 5):
        register.append(MISSED.model_copy(update={"reason": "x" * length}))
    assert [len(body.reason) for body in bodies(tmp_path)[2:] if isinstance(body, Missed)] == [10, 100_000, 16384, 5]


@pytest.mark.parametrize(
    ("last", "says"),
    [
        (b"{}\n", "its last line: not a known entry: Field required"),
        (b"\n", "its last line: not a known entry: Invalid JSON: EOF while parsing a value at line 1 column 0"),
    ],
)
def test_nothing_is_added_to_what_is_no_register(tmp_path: Path, last: bytes, says: str) -> None:
    """A whole line that is no entry was not torn: somebody has put it there."""
    register = RegisterFile(tmp_path, FakeClock(), None)
    register.append(MISSED)
    with register.path.open("ab") as file:
        file.write(last)
    before = register.path.read_bytes()
    for attempt in (register.check, lambda: register.append(MISSED)):
        with pytest.raises(EvidenceError) as caught:
            attempt()
        assert caught.value.message == f"{register.path}: {says}"
        assert caught.value.hint == (
            "it was changed, or written by a newer version of drillmaster; nothing is added to it"
        )
    assert register.path.read_bytes() == before


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the cause and what to do; a look for what is in the way finds nothing in a register's."""
    register = RegisterFile(tmp_path / "gone", FakeClock(), None)
    register.check()
    with pytest.raises(EvidenceError) as caught:
        register.append(MISSED)
    assert caught.value.message == f"{tmp_path}/gone/register.jsonl: cannot be written: No such file or directory"
    assert caught.value.hint == (
        "what is done needs its entry in the register: free space, make the directory writable, "
        "or name another one with --evidence"
    )


def test_times_never_go_back(tmp_path: Path) -> None:
    """A clock that was set back a little waits until it has caught up; no drill starts after it was by more."""
    clock = FakeClock()
    register = RegisterFile(tmp_path, clock, None)
    register.append(MISSED)
    clock.sleep(-59)
    register.check()
    register.append(MISSED)
    clock.sleep(-2)
    with pytest.raises(CannotRunError) as caught:
        register.check()
    says = "its last entry is of 2026-01-01T00:00:01.000000Z, and the clock reads 2025-12-31T23:59:00.000000Z"
    assert caught.value.message == f"{register.path}: {says}"
    assert caught.value.hint == "set this machine's clock"
    register.append(MISSED)
    clock.sleep(100)
    register.append(MISSED)
    assert [entry.at[:19] for entry in chain.read(register.path).entries] == [
        *["2026-01-01T00:00:01"] * 4,
        "2026-01-01T00:00:40",
    ]
    assert state(tmp_path).mistakes == ()


def test_a_look_for_what_is_in_the_way_writes_nothing(tmp_path: Path) -> None:
    """Not even where there is no register yet."""
    register = RegisterFile(tmp_path, FakeClock(), KEY)
    register.check()
    assert list(tmp_path.iterdir()) == []
    register.append(MISSED)
    before = register.path.read_bytes()
    register.check()
    assert register.path.read_bytes() == before


def test_a_register_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """With the place, as is the start of a run that was spelled anew."""
    register = RegisterFile(tmp_path, FakeClock(), None)
    register.append(started("r1"))
    register.path.write_bytes(register.path.read_bytes().replace(b'"system":"s"', b'"system": "s"'))
    with pytest.raises(EvidenceError) as broken:
        start_of(tmp_path, "r1")
    says = "the start of r1: spelled otherwise than drillmaster writes"
    assert (broken.value.message, broken.value.hint) == (
        f"{register.path}: {says}",
        "it was changed; nothing is added to it",
    )
    register.path.unlink()
    register.path.mkdir()
    for look in (open_runs, names_a_key, lambda evidence: start_of(evidence, "r1")):
        with pytest.raises(UnreadableRunError) as caught:
            look(tmp_path)
        assert caught.value.message == f"{register.path}: cannot be read: Is a directory"
        assert caught.value.hint == "evidence must be readable by whoever works with it"


def test_runs_without_an_end_are_open(tmp_path: Path) -> None:
    """Those whose end is torn too; and each run's start is found where it stands."""
    assert (open_runs(tmp_path), start_of(tmp_path, "r1")) == (frozenset(), None)
    register = RegisterFile(tmp_path, FakeClock(), KEY)
    places = {run: register.append(started(run)) for run in ("r1", "r2", "r3")}
    register.append(finished("r1"))
    register.append(finished("r3"))
    register.path.write_bytes(register.path.read_bytes()[:-1])
    assert open_runs(tmp_path) == {"r2", "r3"}
    assert {run: start_of(tmp_path, run) for run in ("r1", "r2", "r3", "r")} == {**places, "r": None}
