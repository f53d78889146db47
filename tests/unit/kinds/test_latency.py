"""The check `latency`: what an answer tells, and how many are judged. Its requests: test_web_applications.py."""

from __future__ import annotations

from http.client import HTTPMessage
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from orchestrator.kinds.checks.latency import Answer, Latency, answer
from orchestrator.software.web import Page
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

ALL = {"service": "db", "query_p95": "100ms", "cache_hits": 70}


def page(status: int = 200, **headers: str) -> Page:
    """Return a page with headers, their names with _ for -."""
    message = HTTPMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return Page(status, message, b"")


@pytest.mark.parametrize(
    ("timing", "queries_s"),
    [
        ("db;dur=12.5", (0.0125,)),
        ("db;dur=1, db;dur=2,db; dur=3", (0.001, 0.002, 0.003)),
        ('total;dur=90, db;desc="a, b; dur=7";dur=4.5', (0.0045,)),
        ("database;dur=5, x;db;dur=5, db, cache;dur=1", ()),
    ],
)
def test_each_query_is_told_by_the_application(timing: str, queries_s: tuple[float, ...]) -> None:
    """In milliseconds, as the metric `db`; other metrics and quoted words are none."""
    assert answer(page(Server_Timing=timing), 0.5) == Answer(0.5, right=True, queries_s=queries_s)


@pytest.mark.parametrize(
    ("status", "cached"),
    [
        ("shop; hit", True),
        ("shop; hit; ttl=30", True),
        ("shop; fwd=miss; stored", False),
        ("shop; hit, edge; fwd=miss", False),
        ("shop; fwd=miss, edge; hit", True),
        ('edge; detail="x; hit"', False),
        ("hit", False),
    ],
)
def test_the_cache_nearest_to_the_client_counts(status: str, cached: bool) -> None:  # noqa: FBT001 - a case
    """It is the last one named."""
    assert answer(page(Cache_Status=status), 0.5) == Answer(0.5, right=True, cached=cached)


@pytest.mark.parametrize(("status", "right"), [(200, True), (304, True), (399, True), (400, False), (503, False)])
def test_an_answer_of_400_and_above_is_an_error(status: int, right: bool) -> None:  # noqa: FBT001 - a case
    """Whoever's fault it is: the drill asks for pages that are there."""
    assert answer(page(status), 0.5) == Answer(0.5, right=right)


def judged(answers: list[Answer], **settings: object) -> list[tuple[State, str, dict[str, float]]]:
    """Return what is found of these answers."""
    findings = Latency.model_validate({**ALL, **settings})._judged(answers)
    assert {finding.name for finding in findings} == {"latency"}
    return [(finding.state, finding.says, finding.seen) for finding in findings]


def test_each_bound_has_a_finding_with_its_figures() -> None:
    """Percentiles are values that there were: of 100 the 95th."""
    answers = [Answer(n / 1000, right=True, queries_s=(n / 10_000, 0.0), cached=n > 20) for n in range(1, 101)]
    assert judged(answers) == [
        (
            State.HELD,
            "db: 0 of 100 requests ended in an error (0.0 %), asked for: below 1 %",
            {"requests": 100, "errors": 0, "at_once": 4, "warm_up": 0, "warm_up_errors": 0},
        ),
        (
            State.HELD,
            "db: 95 % of 100 answers within 95.0 ms, asked for: below 1000 ms",
            {"answers": 100, "p50_ms": 50.0, "p95_ms": 95.0, "most_ms": 100.0},
        ),
        (
            State.HELD,
            "db: 95 % of 200 queries within 9.0 ms, asked for: below 100 ms",
            {"queries": 200, "p50_ms": 0.0, "p95_ms": 9.0, "most_ms": 10.0},
        ),
        (
            State.HELD,
            "db: 80.0 % of 100 pages came from the cache after a warm-up of 50 requests, asked for: above 70 %",
            {"pages": 100, "hits": 80, "warm_up": 50},
        ),
    ]


@pytest.mark.parametrize(
    ("one", "settings", "violated"),
    [
        (Answer(0.5, right=True, queries_s=(0.05,), cached=True), {}, []),
        (Answer(0, right=False), {}, ["1 of 20 requests ended in an error (5.0 %), asked for: below 1 %"]),
        (Answer(0, right=False), {"errors": 5.1}, []),
        (Answer(0, right=False), {"errors": 5}, ["1 of 20 requests ended in an error (5.0 %), asked for: below 5 %"]),
    ],
)
def test_a_share_at_its_bound_is_too_much(one: Answer, settings: dict[str, object], violated: list[str]) -> None:
    """It must stay below; one finding is violated, not the others."""
    fine = [Answer(0.5, right=True, queries_s=(0.05,), cached=True)] * 19
    found = judged([one, *fine], **settings)
    assert [says for state, says, _ in found if state != State.HELD] == [f"db: {says}" for says in violated]


def test_two_slow_answers_of_twenty_are_too_many() -> None:
    """One is within the five percent; at the bound is not below it."""
    fine, slow = Answer(0.5, right=True), Answer(1.0, right=True)
    found = [Latency(service="db")._judged([slow] * count + [fine] * (20 - count))[1].state for count in (1, 2)]
    assert found == [State.HELD, State.VIOLATED]


def test_a_hit_rate_at_its_bound_is_too_little() -> None:
    """Pages that do not say, such as personal ones, are not counted."""
    told = [Answer(0.1, right=True, cached=n < 14) for n in range(20)] + [Answer(0.1, right=True)] * 20
    assert judged(told)[3][:2] == (
        State.VIOLATED,
        "db: 70.0 % of 20 pages came from the cache after a warm-up of 50 requests, asked for: above 70 %",
    )


def test_what_the_application_does_not_tell_is_unknown() -> None:
    """Neither its queries nor its cache can be judged by what is not said."""
    assert [(state, says) for state, says, _ in judged([Answer(0.1, right=True)] * 20)[2:]] == [
        (State.UNKNOWN, "db: no answer had a Server-Timing of db"),
        (State.UNKNOWN, "db: no answer had a Cache-Status"),
    ]


def test_quick_errors_are_no_quick_answers() -> None:
    """How long they took says nothing; that they are errors does."""
    found = judged([Answer(0.001, right=False)] * 20)
    assert [(state, says) for state, says, _ in found[:2]] == [
        (State.VIOLATED, "db: 20 of 20 requests ended in an error (100.0 %), asked for: below 1 %"),
        (State.UNKNOWN, "db: no answer was right"),
    ]


def test_errors_of_the_warm_up_are_told_and_not_counted() -> None:
    """Visitors meet them too; how many are borne is said of those that come after."""
    fine, wrong = Answer(0.1, right=True), Answer(0, right=False)
    found = Latency(service="db")._judged([fine] * 20, [wrong, wrong, fine])[0]
    assert (found.state, found.says, found.seen) == (
        State.HELD,
        "db: 0 of 20 requests ended in an error (0.0 %), asked for: below 1 %; and 2 of the 3 of the warm-up",
        {"requests": 20, "errors": 0, "at_once": 4, "warm_up": 3, "warm_up_errors": 2},
    )


def test_only_what_is_asked_for_is_judged() -> None:
    """By default that is errors and response times."""
    assert len(Latency(service="db")._judged([Answer(0.1, right=True)] * 20)) == 2


def test_a_service_that_is_not_there_is_asked_nothing(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.kill("db")
    says = "db: its container is not running"
    assert Latency(service="db").look(lab) == [Finding(name="latency", state=State.VIOLATED, says=says)]


def test_a_path_must_be_one() -> None:
    """Every page is asked for by its path."""
    with pytest.raises(ValidationError, match="paths"):
        Latency(service="db", paths=("products",))
