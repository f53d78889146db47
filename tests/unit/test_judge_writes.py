"""The classes of writes: against a naive oracle, and one example a class."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_runs import DISASTER_NS, NEW, NONCE, OLD, SyntheticLedger, ns

from reports.facts import ledger as files
from reports.facts.ledger import Action, Answer, Attempt, Row, payload
from reports.judge.course import Target
from reports.judge.writes import Writes, classes, classify
from reports.record import WriteClass

if TYPE_CHECKING:
    from collections.abc import Sequence

ACK, REFUSED, DOUBT, UNSENT = Answer.ACKNOWLEDGED, Answer.REFUSED, Answer.IN_DOUBT, Answer.UNSENT


def classified(made: SyntheticLedger, target: Target | None = None) -> Writes:
    """Return the classes of a ledger's writes, by way of its files."""
    with tempfile.TemporaryDirectory() as folder:
        made.save(Path(folder) / "ledger")
        return classify(files.read(Path(folder) / "ledger"), DISASTER_NS, target)


def counted(writes: Writes) -> dict[str, int]:
    """Return the classes that occur."""
    return {name.value: number for name, number in writes.counts.items() if number}


# -- the oracle: the design's table, word by word, in no hurry ----------------------------------------------------


def oracle(made: SyntheticLedger, target: Target | None) -> tuple[Counter[str], int, int]:
    """Return classes, holes and split brain."""
    writes = [one for one in made.attempts if one.action == Action.WRITE]
    acknowledged = [one for one in writes if one.answer == ACK]
    later = {
        epoch
        for epoch in (OLD, NEW)
        if (met := [one.answered for one in acknowledged if one.epoch == epoch]) and min(met) >= DISASTER_NS
    }
    named = [(one, _named(one, made.rows, later, target)) for one in writes]
    classes = Counter(name for _, name in named)
    sent = {(one.writer, one.sequence) for one in writes if one.answer != UNSENT}
    classes["unexpected"] += len({(row.writer, row.sequence) for row in made.rows} - sent)
    there = [one for one, name in named if name in ("kept", "at-target") and _found(one, made.rows)]
    holes = sum(
        any(lost.epoch == kept.epoch and lost.answered < kept.attempted for kept in there)
        for lost, name in named
        if name == "lost"
    )
    first = {one.epoch: min(met.answered for met in acknowledged if met.epoch == one.epoch) for one in acknowledged}
    split = sum(
        any(epoch in later and first[old.epoch] < first[epoch] < old.attempted for epoch in first)
        for old in acknowledged
    )
    return +classes, holes, split


def _found(write: Attempt, rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if (row.writer, row.sequence) == (write.writer, write.sequence)]


def _named(write: Attempt, rows: Sequence[Row], later: set[int], target: Target | None) -> str:
    found = _found(write, rows)
    right = payload(NONCE, write.writer, write.sequence)
    bound = target if target and write.epoch not in later else Target(2**62, 0)
    moment = write.attempted if found else write.answered
    too_late, in_time = moment > bound.at + bound.bound, moment <= bound.at - bound.bound
    table = {
        "unsent": write.answer == UNSENT,
        "unexpected": found and (write.answer == REFUSED or too_late),
        "corrupt": any(row.payload != right for row in found),
        "duplicate": len(found) > 1,
        "refused": write.answer == REFUSED,
        "in-doubt-present": write.answer == DOUBT and found,
        "in-doubt-absent": write.answer == DOUBT,
        "later-present": write.epoch in later and found,
        "later-missing": write.epoch in later,
        "given-up": too_late,
        "kept": in_time and found,
        "lost": in_time,
        "at-target": True,
    }
    return next(name for name, applies in table.items() if applies)


WRITE = st.tuples(
    st.integers(-5, 5),  # attempted, in ms after the disaster
    st.integers(0, 3),  # answered so much later
    st.sampled_from((ACK, ACK, ACK, REFUSED, DOUBT, UNSENT)),
    st.sampled_from((OLD, NEW)),
    st.sampled_from(("absent", "present", "present", "altered", "twice")),
    st.integers(0, 1),  # writer
)
TARGET = st.none() | st.builds(
    lambda at, bound: Target(ns(at / 1000), bound * 10**6), st.integers(-5, 5), st.integers(0, 2)
)


@settings(max_examples=800, deadline=None)
@given(st.lists(WRITE, max_size=14), TARGET, st.integers(0, 2))
def test_classes_holes_and_split_brain_are_the_oracles(
    writes: list[tuple[int, int, Answer, int, str, int]], target: Target | None, invented: int
) -> None:
    """Whatever was written, answered and found, the judge says what the design's table says."""
    made = SyntheticLedger()
    for at, took, answer, epoch, fate, writer in writes:
        attempt = made.write(at / 1000, answer, epoch=epoch, present=False, writer=writer, took=took / 1000)
        if fate != "absent":
            made.put(attempt, altered=fate == "altered")
        if fate == "twice":
            made.put(attempt)
    made.rows += [Row(0, 1000 + number, number) for number in range(invented)]
    judged = classified(made, target)
    assert (counted(judged), judged.holes, judged.split) == oracle(made, target)


def test_each_write_has_the_class_it_is_counted_under(tmp_path: Path) -> None:
    """Who compares write by write sees what the counts were made of."""
    made = SyntheticLedger()
    made.write(-2)
    made.write(-1, present=False)
    made.write(-0.5, DOUBT, present=True)
    made.write(0.1, UNSENT)
    made.save(tmp_path / "ledger")
    pairs = classes(files.read(tmp_path / "ledger"), DISASTER_NS, None)
    assert [(attempt.sequence, name.value) for attempt, name in pairs] == [
        (1, "kept"),
        (2, "lost"),
        (3, "in-doubt-present"),
        (4, "unsent"),
    ]


# -- one example a class -------------------------------------------------------------------------------------------


def test_doubt_is_right_on_both_sides() -> None:
    """A write without an answer may be there or not."""
    made = SyntheticLedger()
    made.write(-0.01, DOUBT, present=True)
    made.write(-0.01, DOUBT, present=False)
    assert counted(classified(made)) == {"in-doubt-present": 1, "in-doubt-absent": 1}


def test_a_write_acknowledged_after_the_injection_by_the_old_epoch_is_still_its_own() -> None:
    """A server being killed may acknowledge for some milliseconds more: lost then, if absent (P16)."""
    made = SyntheticLedger()
    made.write(-0.01)
    made.write(0.001, present=False)
    judged = classified(made)
    assert counted(judged) == {"kept": 1, "lost": 1}
    assert judged.last_old_acknowledgement == ns(0.003)


def test_the_target_does_not_concern_later_epochs() -> None:
    """What the recovered service acknowledged must be there, however long after the target."""
    made = SyntheticLedger()
    made.write(-1)
    made.write(5, epoch=NEW)
    made.write(6, epoch=NEW, present=False)
    assert counted(classified(made, Target(ns(-0.5), 0))) == {"kept": 1, "later-present": 1, "later-missing": 1}


def test_around_the_target_either_is_right_within_its_bound() -> None:
    """Lost ends where given up begins, but for twice the bound, where nobody can tell."""
    made = SyntheticLedger()
    for at in (-1.030, -1.004, -1.002, -1.0, -0.998, -0.990):
        made.write(at, present=False, took=0)
    made.write(-1.002, present=True, took=0, writer=1)
    judged = classified(made, Target(ns(-1), 3 * 10**6))
    assert counted(judged) == {"lost": 2, "at-target": 4, "given-up": 1}


def test_a_write_attempted_after_the_target_must_be_gone() -> None:
    """Present nevertheless: recovery went too far."""
    made = SyntheticLedger()
    made.write(-2)
    made.write(-0.5)
    judged = classified(made, Target(ns(-1), 0))
    assert (counted(judged), judged.after_target) == ({"kept": 1, "unexpected": 1}, 1)


def test_a_number_that_was_never_sent_must_not_be_there() -> None:
    """A row for it was written by somebody else."""
    made = SyntheticLedger()
    made.put(made.write(-1, UNSENT))
    judged = classified(made)
    assert (counted(judged), judged.never_attempted) == ({"unsent": 1, "unexpected": 1}, 1)


def test_a_hole_needs_a_kept_write_attempted_after_the_lost_one_was_acknowledged() -> None:
    """Two writes under way together may survive in either order."""
    made = SyntheticLedger()
    made.write(-1.000, present=False, took=0.005)
    made.write(-0.996, writer=1)
    assert classified(made).holes == 0
    made.write(-0.994, writer=1)
    assert classified(made).holes == 1


def test_a_hole_is_within_one_epoch() -> None:
    """That a later server start kept its writes says nothing of the one before."""
    made = SyntheticLedger()
    made.write(-2, present=False)
    made.write(-1, epoch=NEW)
    judged = classified(made)
    assert (counted(judged), judged.holes) == ({"lost": 1, "kept": 1}, 0)


def test_one_server_is_never_split_from_itself() -> None:
    """A connection made before the promotion goes on in the epoch it was made in; two servers would be a split."""
    for promoted, split in ((True, 0), (False, 1)):
        made = SyntheticLedger(promoted=promoted)
        made.write(-2)
        made.write(1, epoch=NEW)
        made.write(2, epoch=OLD)
        assert classified(made).split == split


def test_examples_are_kept_of_bad_classes_only_and_ten_at_most() -> None:
    """A record stays small, however much was lost."""
    made = SyntheticLedger()
    made.write(-5)
    for number in range(12):
        made.write(-1 + number / 100, present=False)
    assert dict(classified(made).examples) == {
        WriteClass.LOST: tuple((0, 2 + number, ns(-1 + number / 100)) for number in range(10))
    }
