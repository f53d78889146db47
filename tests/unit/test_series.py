"""The record of a series: what several runs of one drill show together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from synthetic_records import CONTROL, FAILED, PASSED

from reports.facts.events import Verdict
from reports.record import RtoPart
from reports.render_series import html, text
from reports.series import Series, SeriesPlan, Spread, VaryingPart, series_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.record import Record


CUT_SHORT = PASSED.model_copy(
    update={
        "verdict": Verdict.ABORTED,
        "objectives": tuple(
            objective.model_copy(update={"achieved": "unknown", "at_least_s": None, "at_most_s": None})
            for objective in PASSED.objectives
        ),
    }
)


def run(rto_s: float, rpo_s: float = 0.1, restore_s: float = 3.0, number: int = 0) -> Record:
    """Return a passed run with these figures."""
    rto, rpo = PASSED.objectives
    parts = (
        RtoPart(name="restore", kind="step", seconds=restore_s, started_s=0.0),
        RtoPart(name="start", kind="step", seconds=1.0, started_s=restore_s),
    )
    return PASSED.model_copy(
        update={
            "run": f"r{number}",
            "objectives": (
                rto.model_copy(update={"achieved": f"{rto_s:g} s", "at_least_s": rto_s, "at_most_s": rto_s}),
                rpo.model_copy(update={"achieved": f"at most {rpo_s:g} s", "at_most_s": rpo_s}),
            ),
            "rto": PASSED.rto.model_copy(update={"achieved_s": rto_s, "parts": parts}),
        }
    )


def series(records: Sequence[Record], asked: int | None = None, ended_early: str = "") -> Series:
    """Return the series of these runs."""
    plan = SeriesPlan(
        series="series-1",
        drill="a-drill",
        title="A drill",
        asked=asked or len(records),
        runs=tuple(record.run for record in records),
        ended_early=ended_early,
    )
    return series_of(plan, records)


def test_percentiles_are_of_the_runs_after_the_first() -> None:
    """Nearest ranks: each is a run that there was; of few runs the 95th percentile is the worst."""
    made = series([run(rto) for rto in (90.0, 5.0, 9.0, 7.0, 6.0)])
    assert made.rto == Spread(n=4, p50_s=6.0, p95_s=9.0, least_s=5.0, most_s=9.0, spread_s=4.0)
    many = series([run(90.0), *(run(float(rto)) for rto in range(1, 101))])
    assert many.rto == Spread(n=100, p50_s=50.0, p95_s=95.0, least_s=1.0, most_s=100.0, spread_s=99.0)


def test_a_run_without_a_figure_is_not_among_the_figures_but_in_the_worst_case() -> None:
    """Not back is worse than any time; it is said, not averaged."""
    made = series([run(5.0), run(6.0), FAILED, run(7.0)])
    assert made.rto is not None
    assert (made.rto.n, made.verdicts, made.good) == (2, {Verdict.PASS: 3, Verdict.FAIL: 1}, 3)
    assert made.says[1] == (
        "Worst of 4: recovery time more than 10 min (1 run), else 7 s; loss at least 2.1 s, at most 7.93 s."
    )


def test_the_part_that_varies_most_is_named() -> None:
    """Widest first; what only one run has does not vary."""
    made = series([run(9.0), run(5.0, restore_s=3.0), run(6.0, restore_s=4.5)])
    constant = Spread(n=2, p50_s=1.0, p95_s=1.0, least_s=1.0, most_s=1.0, spread_s=0.0)
    assert made.varying == (
        VaryingPart(name="restore", spread=Spread(n=2, p50_s=3.0, p95_s=4.5, least_s=3.0, most_s=4.5, spread_s=1.5)),
        VaryingPart(name="start", spread=constant),
    )
    assert made.says[2] == "restore varies most: 3 s to 4.5 s in 2 runs."


@pytest.mark.parametrize(("number", "share"), [(1, 5), (58, 94), (59, 95)])
def test_what_passes_show_is_said(number: int, share: int) -> None:
    """One green drill is a demonstration; 59 of them promise something."""
    (shown, *_) = series([run(5.0)] * number).says
    assert shown == (
        f"{number} of {number} runs ended as they should, which shows with 95% confidence that at least {share}% of "
        f"such runs do{'.' if number == 59 else '; 59 without a failure are needed to show 95%.'}"
    )


def test_a_failure_shows_only_itself() -> None:
    """No share can be promised."""
    assert series([run(5.0), FAILED]).says[0] == "1 of 2 runs ended as they should."


def test_a_control_that_is_caught_ended_as_it_should() -> None:
    """Its verdict is no pass."""
    assert series([CONTROL, CONTROL]).good == 2


def test_a_series_that_ended_early_says_so() -> None:
    """What was done is summarised; a run that was cut short shows nothing, for or against."""
    early = series([run(5.0), CUT_SHORT], 5, "stopped by signal 2")
    assert early.says[0] == "Ended early, after 1 whole run of 5: stopped by signal 2."
    assert early.says[1].startswith("1 of 1 runs ended as they should")
    assert (early.judged, early.verdicts) == (1, {Verdict.PASS: 1, Verdict.ABORTED: 1})
    nothing = series([CUT_SHORT], 5, "stopped by signal 2")
    assert nothing.says == ("Ended early, after 0 whole runs of 5: stopped by signal 2.",)
    assert (nothing.rto, nothing.rpo, nothing.varying) == (None, None, ())


def test_it_reads_back_the_same() -> None:
    """Nothing is lost between a series and its JSON."""
    made = series([run(5.0), FAILED, run(6.0)])
    assert Series.model_validate_json(made.model_dump_json()) == made


def test_it_is_told_on_one_screen() -> None:
    """Every run, then the figures, then what they mean."""
    records = [run(9.0, number=1), run(5.0, 0.25, 3.0, number=2), run(6.0, 0.5, 4.5, number=3)]
    assert text(series(records)) == (
        "3 of 3 runs of a-drill: 3 PASS\n"
        "A drill; series series-1\n"
        "\n"
        "   1  PASS          2026-11-21 05:43:44 UTC  recovery time 9 s; loss at most 0.1 s  "
        "(first: apart from the figures)\n"
        "   2  PASS          2026-11-21 05:43:44 UTC  recovery time 5 s; loss at most 0.25 s\n"
        "   3  PASS          2026-11-21 05:43:44 UTC  recovery time 6 s; loss at most 0.5 s\n"
        "\n"
        "After the first run         n       p50       p95     least      most    spread\n"
        "Recovery time (RTO)         2       5 s       6 s       5 s       6 s       1 s\n"
        "Data loss (RPO), at most    2    250 ms    500 ms    250 ms    500 ms    250 ms\n"
        "  restore                   2       3 s     4.5 s       3 s     4.5 s     1.5 s\n"
        "  start                     2       1 s       1 s       1 s       1 s       0 s\n"
        "\n"
        "3 of 3 runs ended as they should, which shows with 95% confidence that at least 36% of such runs do; "
        "59 without a failure are needed to show 95%.\n"
        "Worst of 3: recovery time 9 s; loss at most 0.5 s.\n"
        "restore varies most: 3 s to 4.5 s in 2 runs.\n"
        "The first run stands apart: programs, images and files may not have been in the machine's memory yet.\n"
    )


def test_the_page_leads_to_every_run_and_loads_nothing() -> None:
    """Its links are to the reports beside it; the same series gives the same bytes; what is named is only text."""
    records = [run(9.0, number=1), run(5.0, number=2), run(6.0, number=3)]
    made = series(records)
    made = made.model_copy(update={"plan": made.plan.model_copy(update={"title": "<script>alert(1)</script>"})})
    page = html(made)
    assert re.findall(r'(?:href|src)="([^#][^"]*)"', page) == [f"../r{number}/report.html" for number in (1, 2, 3)]
    assert "<script" not in page
    assert html(made) == page


def test_the_page_of_a_series_that_shows_nothing_says_so() -> None:
    """No figures, no promise."""
    page = html(series([CUT_SHORT], 5, "stopped by signal 2"))
    assert "No run after the first has a figure." in page
    assert "Ended early, after 0 whole runs of 5: stopped by signal 2." in page


@pytest.mark.parametrize(
    ("records", "tone"),
    [
        ([run(5.0), run(6.0)], "PASS"),
        ([CONTROL, CONTROL], "PASS"),
        ([run(5.0), CUT_SHORT], "ABORTED"),
        ([run(5.0)], "ABORTED"),
        ([FAILED], "FAIL"),
    ],
)
def test_only_a_whole_series_of_good_runs_is_green(records: list[Record], tone: str) -> None:
    """One that was cut short is not, however good the runs that were made; a failure outweighs that."""
    assert f'class="verdict is-{tone}"' in html(series(records, 2))
