"""What the plain text promises: the verdict first, the measures next, and never more than a screen."""

from __future__ import annotations

from synthetic_records import CONTROL, FAILED, PASSED

from reports.facts.events import Finding, State
from reports.record import Objective
from reports.render_text import text
from reports.words import duration, margin, moment, size


def test_a_pass_in_full() -> None:
    """The whole text of a run that passed."""
    assert text(PASSED) == (
        "PASS  Back after 6.84 s (promised: 2 min); at most 690 ms of acknowledged writes were lost (allowed: 5 s).\n"
        "postgres-volume-loss on orders, 2026-11-21 05:43:44 UTC, run 2026-11-21T054344Z-postgres-volume-loss-7c1e\n"
        "\n"
        "Recovery time (RTO)     held      6.84 s; promised 2 min; 1 min 53 s to spare\n"
        "Data loss (RPO)         held      at least 685 ms, at most 690 ms; promised 5 s; 4.31 s to spare\n"
        "\n"
        "Where the recovery time went\n"
        "       0.041 s  noticed by the ledger\n"
        "       0.212 s  damage confirmed\n"
        "       0.874 s  replace: db\n"
        "       3.918 s  playbook: restore-with-pgbackrest.yml\n"
        "       0.441 s  start: db\n"
        "       1.306 s  WAL replay\n"
        "       0.022 s  first acknowledged write\n"
        "       0.031 s  unexplained\n"
        "To speed up first: playbook: restore-with-pgbackrest.yml takes 3.92 s, 57% of the recovery time; "
        "its longest task is “Restore it into the empty volume”, 2.2 s.\n"
        "Full speed: The workload had 90% of its 200 writes/s 365 ms after the service was back.\n"
        "Against the last run, 2026-11-20 05:41:01 UTC: Recovery time (RTO) 1.06 s faster (13%); "
        "Data loss (RPO), at most 178 ms more (35%)\n"
        "\n"
        "Writes of db: kept 3,212, lost 137, in doubt absent 2, unsent 311, later present 455 (of 4,117)\n"
        "Lost: 137 acknowledged writes, 16.0 MiB (16,777,216 bytes) of WAL.\n"
        "\n"
        "Findings and self-checks: 8 held, 0 violated, 0 unknown\n"
        "\n"
        "To be read with, all in the report: 3 settings differ from the source's: max_parallel_workers, "
        "shared_buffers, restore_command; the machine had other work at the same time; 4 things were not proven\n"
    )


def test_what_bends_the_verdict_stands_beneath_it() -> None:
    """Altered criteria and controls are told on the second line."""
    assert text(FAILED).splitlines()[1] == ("ALTERED on the command line: objectives.rto=500ms, objectives.given_up=1s")
    assert text(CONTROL).splitlines()[1] == (
        "NEGATIVE CONTROL. Caught: INCONCLUSIVE by enough-acknowledgements, as expected."
    )


def test_a_long_record_keeps_to_a_screen() -> None:
    """However much was found, faults are counted, and what says more than one line keeps to one."""
    many = tuple(Finding(name=f"f{number}", state=State.VIOLATED, says="one\ntwo") for number in range(100))
    parts = FAILED.rto.parts * 20
    lines = text(
        FAILED.model_copy(update={"findings": many, "rto": FAILED.rto.model_copy(update={"parts": parts})})
    ).splitlines()
    assert len(lines) <= 40
    assert "  and 112 more in the report" in lines
    assert "  and 92 more in the report" in lines
    assert "  violated  f7: one two" in lines


def test_seconds_and_bytes_are_told_as_people_say_them() -> None:
    """Three significant figures or so, and units that fit."""
    assert [duration(seconds) for seconds in (0, 0.0004, 0.412, 1, 4.4, 59.96, 60, 125, 3600, 3725.4)] == [
        *("0 s", "0 ms", "412 ms", "1 s", "4.4 s", "59.96 s"),
        *("1 min", "2 min 5 s", "1 h", "1 h 2 min 5 s"),
    ]
    assert [size(number) for number in (0, 1023, 1536, 16 * 2**20, 5 * 2**50)] == [
        *("0 bytes", "1023 bytes", "1.5 KiB (1,536 bytes)", "16.0 MiB (16,777,216 bytes)"),
        "5120.0 TiB (5,629,499,534,213,120 bytes)",
    ]
    assert [moment(utc) for utc in (PASSED.started_utc, "")] == ["2026-11-21 05:43:44 UTC", "not recorded"]


def test_a_margin_is_told_only_when_there_is_one() -> None:
    """Without a bound there is no figure to give."""
    objective = Objective(
        name="rpo", objective_s=5.0, achieved="", at_least_s=1.0, at_most_s=None, state=State.VIOLATED, says=""
    )
    changes = (
        {},
        {"at_least_s": 6.0},
        {"state": State.UNKNOWN},
        {"objective_s": None},
        {"at_most_s": 5.0},
        {"at_most_s": 7.5},
    )
    assert [margin(objective.model_copy(update=change)) for change in changes] == [
        *("unbounded", "more than 1 s too much", "cannot be told", "no such promise", "0 s to spare", "2.5 s too much"),
    ]
