"""The register's chain: one spelling, no gap, every signature over the line before it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

import pytest
import synthetic_registers
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.register import chain, heads
from reports.register.chain import Position
from reports.register.entries import Missed, Purged
from reports.register.state import state_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from synthetic_registers import SyntheticRegister

KEY = synthetic_registers.FreshKey()
KNOWN = {KEY.keyid: KEY.private.public_key()}
NEW_YEAR = "2026-01-01T00:00:00.000000Z"
CHANGED = "it was changed, or written by a newer version of drillmaster"


def of_four_runs(evidence: Path) -> SyntheticRegister:
    """Make a signed register of four runs: ten entries."""
    register = synthetic_registers.SyntheticRegister(evidence, KEY)
    for run in ("r1", "r2", "r3", "r4"):
        register.append(synthetic_registers.started(run))
        register.append(synthetic_registers.finished(run))
    return register


@pytest.fixture
def register(tmp_path: Path) -> SyntheticRegister:
    """Return a register of ten entries."""
    return of_four_runs(tmp_path)


def test_a_register_reads_as_it_was_written(register: SyntheticRegister) -> None:
    """Every entry from the key's own on is signed by it, the entries agree, and nothing is torn."""
    found = chain.read(register.path)
    assert [chain.signed_by(entry, KNOWN) for entry in found.entries] == [(), *[(KEY.keyid,)] * 9]
    assert (found.position, found.torn, register.state().mistakes) == (register.position, b"", ())
    assert found.hashes[-1] == found.position.head


def test_a_line_is_what_anybody_can_check() -> None:
    """Its hash is that of its bytes; its signature is over its bytes before `signed`, in DSSE's encoding."""
    raw, after = chain.line(Position("ab" * 16), Missed(drill="d", due="t", reason="r"), NEW_YEAR, (KEY,))
    line = raw.removesuffix(b"\n")
    bare = line[: line.index(b',"signed":')] + b"}"
    (signed,) = json.loads(line)["signed"]
    assert after == Position("ab" * 16, 1, hashlib.sha256(line).hexdigest())
    assert json.loads(bare) == {
        "seq": 1,
        "at": NEW_YEAR,
        "register_id": "ab" * 16,
        "prev": "0" * 64,
        "body": {"entry": "missed", "drill": "d", "due": "t", "reason": "r"},
    }
    kind = b"application/vnd.drillmaster.register-entry+json"
    over = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(bare), bare)
    assert signed == {"keyid": KEY.keyid, "sig": base64.b64encode(KEY.sign(over)).decode()}


def lines_of(register: SyntheticRegister) -> list[bytes]:
    """Return the register's lines, each with its newline."""
    return register.path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines[:4] + lines[5:], "5: does not continue the line before it"),
        (lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], "5: does not continue the line before it"),
        (lambda lines: lines[1:], "1: does not continue the line before it"),
        (lambda lines: [*lines, lines[-1]], "11: does not continue the line before it"),
        (
            lambda lines: [*lines[:3], lines[3].replace(b'"PASS"', b'"FAIL"'), *lines[4:]],
            "5: does not continue the line before it",
        ),
        (
            lambda lines: [*lines[:9], lines[9].replace(b'{"seq":10', b'{"seq":9,"seq":10')],
            "10: spelled otherwise than drillmaster writes",
        ),
        (lambda lines: [*lines[:9], lines[9].replace(b'"seq":', b'"seq": ')], "10: spelled otherwise than drillmaster"),
        (lambda lines: [*lines[:9], lines[9].replace(b'"by"', b'"of"')], "10: not a known entry: Field required"),
        (
            lambda lines: [*lines[:9], lines[9].replace(b'"finished"', b'"vanished"', 1)],
            "10: not a known entry: Input tag 'vanished' found",
        ),
        (lambda lines: [*lines[:9], b"\xff\n"], "10: not a known entry: Invalid JSON"),
        (lambda lines: [*lines[:9], b"\n", lines[9]], "10: not a known entry: Invalid JSON"),
    ],
)
def test_what_is_no_unbroken_chain_is_refused(
    register: SyntheticRegister, change: Callable[[list[bytes]], list[bytes]], says: str
) -> None:
    """Removed, moved, repeated, edited, spelled otherwise, of another kind: named by its line."""
    register.path.write_bytes(b"".join(change(lines_of(register))))
    with pytest.raises(chain.BrokenRegisterError) as caught:
        chain.read(register.path)
    assert caught.value.message.startswith(f"{register.path}:{says}")
    assert caught.value.hint


@pytest.mark.parametrize(
    "time",
    [
        "2026-11-21T06:00:00Z",
        "2026-11-21T07:00:01.000000+01:00",
        "tomorrow",
        "2026-11-31T06:00:00.000000Z",
        "\uff12026-11-21T06:00:00.000000Z",
    ],
)
def test_a_time_that_there_is_not_or_in_another_form_is_refused(time: str) -> None:
    """Times are compared as they stand: one that sorts elsewhere would take a run out of every window."""
    raw, _ = chain.line(Position("ab" * 16), Missed(drill="d", due="t", reason="r"), NEW_YEAR, ())
    with pytest.raises(chain.BrokenRegisterError) as caught:
        chain.parse(raw.removesuffix(b"\n").replace(NEW_YEAR.encode(), time.encode()), "here")
    assert caught.value.message.startswith("here: not a known entry: Value error, ")


@pytest.mark.parametrize("day", ["", "never", "20331121", "2033-11-31", "2033-11-21T00:00:00"])
def test_a_day_that_there_is_not_or_in_another_form_is_refused(day: str) -> None:
    """Days are compared as they stand."""
    raw, _ = chain.line(Position("ab" * 16), Purged(run="r1", retained_until="2033-11-21"), NEW_YEAR, ())
    with pytest.raises(chain.BrokenRegisterError) as caught:
        chain.parse(raw.removesuffix(b"\n").replace(b"2033-11-21", day.encode()), "here")
    assert caught.value.message.startswith("here: not a known entry: Value error, ")


def test_a_register_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With what makes one."""
    with pytest.raises(chain.BrokenRegisterError) as caught:
        chain.read(tmp_path / chain.NAME)
    assert (caught.value.message, caught.value.hint) == (
        f"{tmp_path}/register.jsonl: cannot be read: No such file or directory",
        "a register stands in an evidence directory; the first run makes it",
    )


def test_what_was_torn_is_told_and_not_read(register: SyntheticRegister) -> None:
    """It was never acknowledged."""
    with register.path.open("ab") as file:
        file.write(b'{"seq":11')
    found = chain.read(register.path)
    assert (len(found.entries), found.torn, found.position) == (10, b'{"seq":11', register.position)


def test_an_empty_register_has_no_entry(tmp_path: Path) -> None:
    """Its maker died before its first line."""
    (tmp_path / chain.NAME).touch()
    found = chain.read(tmp_path / chain.NAME)
    assert (found.entries, found.position) == ((), Position(""))


def found_out(path: Path, head: Position) -> bool:
    """Return whether a reader who knows the key and the newest head sees that a register is not as it was."""
    try:
        found = chain.read(path)
    except chain.BrokenRegisterError:
        return True
    state = state_of(found.entries, found.hashes)
    signed = all(chain.signed_by(entry, KNOWN) for entry in found.entries[1:])
    return bool(found.torn or state.mistakes) or not signed or found.position != head


@pytest.fixture(scope="module")
def one_register(tmp_path_factory: pytest.TempPathFactory) -> SyntheticRegister:
    """Return a register that is put back after each change."""
    return of_four_runs(tmp_path_factory.mktemp("evidence"))


@settings(deadline=None)  # a disk may be busy
@given(place=st.integers(min_value=0), other=st.integers(1, 255))
def test_any_single_byte_that_changed_is_found(one_register: SyntheticRegister, place: int, other: int) -> None:
    """Wherever it stands and whatever it became; the key is enough for all but the very end, and there too."""
    raw = one_register.path.read_bytes()
    place %= len(raw)
    changed = one_register.path.with_name("changed.jsonl")
    changed.write_bytes(raw[:place] + bytes([raw[place] ^ other]) + raw[place + 1 :])
    assert found_out(changed, one_register.position)
    assert not found_out(one_register.path, one_register.position)


@settings(deadline=None)  # a disk may be busy
@given(places=st.data())
def test_any_single_byte_of_the_last_entry_that_changed_is_found_by_the_key(
    one_register: SyntheticRegister, places: st.DataObject
) -> None:
    """No head was kept, and no later line holds its hash: its own signature does."""
    raw = one_register.path.read_bytes()
    begin = raw.rindex(b"\n", 0, -1) + 1
    place = places.draw(st.integers(begin, len(raw) - 1))
    changed = one_register.path.with_name("changed.jsonl")
    changed.write_bytes(raw[:place] + bytes([raw[place] ^ places.draw(st.integers(1, 255))]) + raw[place + 1 :])
    try:
        found = chain.read(changed)
    except chain.BrokenRegisterError:
        return
    assert found.torn or not chain.signed_by(found.entries[-1], KNOWN)


def test_a_head_is_read_as_it_was_printed(register: SyntheticRegister) -> None:
    """Of the newest entry, and of any before it."""
    found = chain.read(register.path)
    head = heads.head_of(found, 10)
    assert heads.parse(f"{head}\n") == head
    assert str(head) == (
        f"drillmaster-head v1 {synthetic_registers.REGISTER_ID} 10 {found.position.head} 2026-11-01T06:09:00.000000Z"
    )
    assert heads.head_of(found, 1).sha256 == found.hashes[0]
    for none in (0, 11):
        with pytest.raises(IndexError):
            heads.head_of(found, none)


@pytest.mark.parametrize("line", ["", "drillmaster-head v2", "drillmaster-head v1 ab 1 cd 2026-11-01T06:09:00.000000Z"])
def test_what_is_no_head_is_refused(line: str) -> None:
    """Saying how one reads."""
    with pytest.raises(heads.BadHeadError) as caught:
        heads.parse(line)
    assert str(caught.value) == "no head: it reads `drillmaster-head v1 REGISTER NUMBER SHA256 TIME`"
