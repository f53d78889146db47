"""What a person reads first: what was lost, what to read it with, and the last run beside this one."""

from __future__ import annotations

from synthetic_records import ABORTED, CONTROL, FAILED, PASSED

from reports import glance
from reports.record import WriteClass


def test_what_was_lost_is_one_sentence() -> None:
    """Counted where it is known; said to be unknown where it is; nothing where nothing is missing or wrong."""
    whole = PASSED.model_copy(
        update={"rpo": PASSED.rpo.model_copy(update={"transactions": 0, "wal_bytes": 0}), "writes": ()}
    )
    given_up = PASSED.rpo.model_copy(update={"transactions": 0, "given_up_transactions": 61})
    assert [
        glance.lost(record)
        for record in (PASSED, FAILED, CONTROL, ABORTED, whole, PASSED.model_copy(update={"rpo": given_up}))
    ] == [
        "137 acknowledged writes, 16.0 MiB (16,777,216 bytes) of WAL.",
        "137 acknowledged writes, 16.0 MiB (16,777,216 bytes) of WAL; 2 unexpected; 1 corrupt.",
        "Not known. not measured",
        "Not known. none",
        "Nothing: every acknowledged write is there, and as it was written.",
        "61 writes given up by going back.",
    ]


def test_one_is_not_told_as_several() -> None:
    """One write, one limit."""
    rpo = PASSED.rpo.model_copy(update={"transactions": 1, "wal_bytes": 0})
    record = PASSED.model_copy(update={"rpo": rpo, "not_proven": ("People.",)})
    assert glance.lost(record) == "1 acknowledged write."
    assert glance.caveats(record)[-1] == ("1 thing was not proven", "not-proven")


def test_what_nobody_promised_can_still_be_unknown() -> None:
    """Nothing lost by the word of an instrument that failed is not nothing lost."""
    rpo = PASSED.objectives[1].model_copy(update={"objective_s": None, "at_least_s": None, "at_most_s": None})
    record = PASSED.model_copy(update={"objectives": (PASSED.objectives[0], rpo)})
    assert glance.lost(record).startswith("Not known.")


def test_what_the_system_lost_after_its_recovery_is_lost_too() -> None:
    """Writes of the recovered service that are missing stand beside those lost in the disaster."""
    counts = PASSED.writes[0].counts | {WriteClass.LATER_MISSING: 3}
    writes = (PASSED.writes[0].model_copy(update={"counts": counts}),)
    assert glance.lost(PASSED.model_copy(update={"writes": writes})).endswith("of WAL; 3 later missing.")


def test_the_figures_come_with_what_bends_them() -> None:
    """Assumed time, other settings, a busy machine and what was not proven, each with the section that has more."""
    assert glance.caveats(FAILED) == [
        ("2 min 30 s of people's time are assumed, not measured", "recovery-time"),
        ("3 settings differ from the source's: max_parallel_workers, shared_buffers, restore_command", "differences"),
        ("the machine had other work at the same time", "timing"),
        ("4 things were not proven", "not-proven"),
    ]
    assert glance.caveats(ABORTED) == []
    one = PASSED.model_copy(update={"differences": PASSED.differences[:1], "timing": None, "not_proven": ()})
    assert glance.caveats(one) == [("1 setting differs from the source's: max_parallel_workers", "differences")]
    many = tuple(PASSED.differences[0].model_copy(update={"setting": f"s{number}"}) for number in range(2000))
    assert glance.caveats(PASSED.model_copy(update={"differences": many}))[0][0] == (
        "2,000 settings differ from the source's: s0, s1, s2, \N{HORIZONTAL ELLIPSIS}"
    )


def test_this_run_is_held_against_the_last() -> None:
    """Faster or slower, less or more, by how much and what share; nothing is compared with what is not known."""
    assert [tuple(change) for change in glance.changes(PASSED)] == [
        ("Recovery time (RTO)", 6.845, 7.902, "1.06 s faster (13%)"),
        ("Data loss (RPO), at most", 0.69, 0.512, "178 ms more (35%)"),
    ]
    assert PASSED.previous is not None
    was = PASSED.previous.model_copy(update={"rto_s": 6.8452, "rpo_at_most_s": 0.0})
    assert [change.says for change in glance.changes(PASSED.model_copy(update={"previous": was}))] == [
        "the same",
        "690 ms more",
    ]
    assert [change.says for change in glance.changes(FAILED)] == ["cannot be compared", "178 ms more (35%)"]
    assert glance.changes(ABORTED) == []
