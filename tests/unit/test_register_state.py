"""What a register says together, and each way in which its entries can disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import synthetic_registers
from synthetic_registers import REGISTER_ID, FreshKey, finished, started

from reports.facts.values import Verdict
from reports.register import chain
from reports.register.entries import (
    ActionClosed,
    ActionOpened,
    Anchored,
    AnyBody,
    Deferred,
    Entry,
    Held,
    KeyRotated,
    Missed,
    Opened,
    Purged,
    Repaired,
    Reviewed,
)
from reports.register.state import ActionRow, KeyRow, RunRow, State, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OPENED = Opened(version="0.1.0")


def reviewed(run: str = "r1") -> Reviewed:
    """Return a review."""
    return Reviewed(run=run, by="P-1", role="owner", decision="accepted", note="")


def opened(action: str = "A-1", run: str = "r1") -> ActionOpened:
    """Return the opening of an action."""
    return ActionOpened(action=action, run=run, what="w", owner="P-1", due="2026-12-01")


def closed(action: str = "A-1", retest: str = "") -> ActionClosed:
    """Return the closing of an action."""
    return ActionClosed(action=action, by="P-1", retest=retest, note="n")


def named(key: FreshKey, old: FreshKey | None = None) -> KeyRotated:
    """Return the entry that puts a key in force."""
    return KeyRotated(old=old.keyid if old else "", new=key.keyid, public_pem=key.public_pem)


def at(number: int) -> str:
    """Return the time of the entry of that number."""
    return f"2026-11-21T06:00:{number:02}.000000Z"


def state(*bodies: AnyBody, times: Sequence[str] = ()) -> State:
    """Return what a register says that was opened and holds these."""
    entries, hashes, position = [], [], chain.Position(REGISTER_ID)
    for number, body in enumerate((OPENED, *bodies), start=1):
        raw, position = chain.line(position, body, times[number - 1] if times else at(number), ())
        entries.append(chain.parse(raw[:-1], "here"))
        hashes.append(position.head)
    return state_of(entries, tuple(hashes))


def test_runs_stand_in_order_with_all_that_was_said_of_them() -> None:
    """Passed and reviewed, killed, a negative control: the population."""
    control = started("r3", control=True)
    said = state(started(), started("r2"), finished(), control, reviewed(), finished("r3", Verdict.FAIL))
    first, second, third = said.runs
    assert first == RunRow(
        run="r1",
        drill="d",
        system="s",
        started=started(),
        started_at=at(2),
        started_seq=2,
        started_sha256=first.started_sha256,
        finished=finished(),
        finished_at=at(4),
        finished_seq=4,
        reviews=((at(6), reviewed()),),
    )
    assert [(row.run, row.verdict, row.control) for row in said.runs] == [
        ("r1", Verdict.PASS, False),
        ("r2", Verdict.ABORTED, False),
        ("r3", Verdict.FAIL, True),
    ]
    assert (said.register_id, said.mistakes) == (REGISTER_ID, ())
    assert len({first.started_sha256, second.started_sha256, third.started_sha256}) == 3


def test_actions_stand_in_order() -> None:
    """Open or closed, by a later run or by accepting the risk."""
    said = state(started(), opened(), opened("A-2"), started("r2"), closed(retest="r2"))
    assert said.actions == (
        ActionRow(opened(), at(3), closed(retest="r2"), at(6)),
        ActionRow(opened("A-2"), at(4)),
    )
    assert said.mistakes == ()


def test_what_concerns_no_run_is_kept_with_its_time() -> None:
    """Deferrals, misses, repairs and anchors."""
    deferred = Deferred(drill="d", due="a", until="b", reason="c", approver="P-1")
    missed, repaired = Missed(drill="d", due="a", reason="c"), Repaired(bytes_cut=3, sha256="dd")
    head = state(deferred, missed, repaired, started()).runs[0].started_sha256
    anchored = Anchored(seq=5, sha256=head, where="a ticket")
    said = state(deferred, missed, repaired, started(), anchored)
    assert said.deferred == ((at(2), deferred),)
    assert said.missed == ((at(3), missed),)
    assert said.repairs == ((at(4), repaired),)
    assert said.anchors == ((at(6), anchored),)
    assert said.mistakes == ()


def test_keys_follow_each_other() -> None:
    """Each with the entries it had to sign."""
    first, second = FreshKey(), FreshKey()
    said = state(started(), named(first), finished(), named(second, first))
    assert said.keys == (KeyRow(first.keyid, first.public_pem, 3, 5), KeyRow(second.keyid, second.public_pem, 5))
    assert said.mistakes == ()


def test_holds_come_and_go_and_then_files_may_be_purged() -> None:
    """The run's entries stay."""
    hold = Held(run="r1", held=True, by="P-1", reason="a suit")
    over, purged = hold.model_copy(update={"held": False}), Purged(run="r1", retained_until="2033-11-21")
    assert state(started(), hold).runs[0].held
    said = state(started(), hold, over, purged)
    assert (said.runs[0].held, said.runs[0].purged, said.mistakes) == (False, purged, ())


KEY, OTHER = FreshKey(), FreshKey()
HOLD = Held(run="r1", held=True, by="P-1", reason="a suit")
PURGED = Purged(run="r1", retained_until="2033-11-21")


@pytest.mark.parametrize(
    ("bodies", "mistakes"),
    [
        ((OPENED,), ("entry 2: a register is opened once, first",)),
        ((started(), started()), ("entry 3: run r1 was started before",)),
        ((finished(),), ("entry 2: no run r1 was started",)),
        ((reviewed("r9"),), ("entry 2: no run r9 was started",)),
        ((HOLD,), ("entry 2: no run r1 was started",)),
        ((PURGED,), ("entry 2: no run r1 was started",)),
        ((started(), finished(), finished(verdict=Verdict.FAIL)), ("entry 4: run r1 was finished before",)),
        (
            (started(), finished(verdict=Verdict.ABORTED, by="sweep"), finished()),
            ("entry 4: run r1 was finished before",),
        ),
        ((started(), finished(by="sweep")), ("entry 3: run r1 is closed by sweep as PASS",)),
        ((opened(),), ("entry 2: no run r1 was started",)),
        ((started(), opened(), opened()), ("entry 4: action A-1 was opened before",)),
        ((closed(),), ("entry 2: action A-1 is not open",)),
        ((started(), opened(), closed(), closed()), ("entry 5: action A-1 is not open",)),
        ((started(), opened(), closed(retest="r9")), ("entry 4: no run r9 was started",)),
        ((started(), HOLD, PURGED), ("entry 4: run r1 is purged under a legal hold",)),
        ((started(), PURGED, PURGED), ("entry 4: run r1 was purged before",)),
        (
            (started(), finished(), PURGED.model_copy(update={"retained_until": "2026-11-21"})),
            ("entry 4: run r1 is purged as kept until 2026-11-21, no day after its end on 2026-11-21",),
        ),
        ((named(KEY, OTHER),), (f"entry 2: it follows key {OTHER.keyid}; in force is none",)),
        (
            (named(KEY), named(OTHER)),
            (f"entry 3: it follows key none; in force is {KEY.keyid}",),
        ),
        ((named(KEY), named(KEY, KEY)), (f"entry 3: key {KEY.keyid} was in force before",)),
        (
            (named(KEY).model_copy(update={"public_pem": OTHER.public_pem}),),
            (f"entry 2: its public half is that of key {OTHER.keyid}",),
        ),
        (
            (named(KEY).model_copy(update={"public_pem": "PEM"}),),
            ("entry 2: its public half is no public key in PEM form",),
        ),
        (
            (Anchored(seq=1, sha256="ee", where="w"),),
            ("entry 2: it anchors what is not entry 1 of this register",),
        ),
        (
            (Anchored(seq=0, sha256="ee", where="w"),),
            ("entry 2: it anchors what is not entry 0 of this register",),
        ),
        (
            (Anchored(seq=2, sha256="ee", where="w"),),
            ("entry 2: it anchors what is not entry 2 of this register",),
        ),
    ],
)
def test_entries_that_disagree_are_named(bodies: tuple[AnyBody, ...], mistakes: tuple[str, ...]) -> None:
    """Each by its number, with what it breaks, and nothing else is blamed."""
    assert state(*bodies).mistakes == mistakes


def test_what_comes_second_does_not_replace_what_came_first() -> None:
    """A later start, end or closing is named a mistake, and the first one stands."""
    aborted = finished(verdict=Verdict.ABORTED, by="sweep")
    said = state(started(), aborted, finished(), started(drill="another"), opened(), closed(), closed(retest="r1"))
    assert (said.runs[0].drill, said.runs[0].verdict, said.actions[0].closed) == ("d", Verdict.ABORTED, closed())


def test_a_time_that_goes_back_is_named() -> None:
    """The same moment twice is none."""
    said = state(started(), finished(), times=(at(5), at(5), at(4)))
    assert said.mistakes == (f"entry 3: its time is before that of the entry before it, {at(5)}",)


def test_an_entry_of_another_register_is_named(tmp_path: Path) -> None:
    """Though it continues the chain: somebody has put two together."""
    register = synthetic_registers.SyntheticRegister(tmp_path)
    register.position = chain.Position("ff" * 16, register.position.seq, register.position.head)
    register.append(Missed(drill="d", due="a", reason="c"))
    assert register.state().mistakes == (f"entry 2: it belongs to another register, {'ff' * 16}",)


def test_a_register_that_was_never_opened_is_named() -> None:
    """Its first entry is another."""
    raw, position = chain.line(chain.Position(REGISTER_ID), started(), at(1), ())
    entry: Entry = chain.parse(raw[:-1], "here")
    assert state_of([entry], (position.head,)).mistakes == ("entry 1: a register is opened once, first",)


def test_nothing_says_nothing() -> None:
    """An empty register has no id."""
    said = state_of((), ())
    assert (said.register_id, said.runs, said.mistakes) == ("", (), ())
