"""What reviews come to."""

from __future__ import annotations

import pytest

from reports.register.entries import Reviewed
from reports.sign_off import Decision, ReviewLine, SignOff, sign_off

ANN, BEN, OPERATOR = "p-aaaaaa", "p-bbbbbb", "p-cccccc"


def review(by: str, decision: Decision = "accepted", note: str = "") -> tuple[str, Reviewed]:
    """Return a review with its time."""
    body = Reviewed(run="r1", by=by, role="service owner", decision=decision, note=note)
    return "2026-11-21T06:00:00.000000Z", body


def signed(*reviews: tuple[str, Reviewed], two_person: bool = False) -> tuple[str, str]:
    """Return the state and the sentence that reviews come to."""
    found = sign_off(reviews, two_person=two_person, operator=OPERATOR)
    return found.state, found.says


@pytest.mark.parametrize(
    ("reviews", "state", "says"),
    [
        ([], "not-reviewed", "Nobody has looked at this evidence yet."),
        ([review(ANN)], "accepted", "One person accepted this evidence."),
        (
            [review(ANN), review(BEN, "accepted-with-remarks")],
            "accepted-with-remarks",
            "2 people accepted this evidence, with remarks.",
        ),
        (
            [review(ANN), review(BEN, "rejected")],
            "rejected",
            "2 people looked at this evidence, and it was rejected.",
        ),
        ([review(ANN, "rejected"), review(ANN)], "accepted", "One person accepted this evidence."),
        ([review(OPERATOR)], "accepted", "One person accepted this evidence. The only reviewer operated the run."),
        ([review(OPERATOR), review(ANN)], "accepted", "2 people accepted this evidence."),
    ],
)
def test_what_reviews_come_to(reviews: list[tuple[str, Reviewed]], state: str, says: str) -> None:
    """Each person's last decision counts, and one rejection outweighs the rest."""
    assert signed(*reviews) == (state, says)


@pytest.mark.parametrize(
    ("reviews", "state", "says"),
    [
        ([], "not-reviewed", "Nobody has looked at this evidence yet."),
        (
            [review(OPERATOR)],
            "not-reviewed",
            "Nobody who counts has looked at this evidence: who operated a run cannot review it.",
        ),
        (
            [review(ANN), review(ANN), review(OPERATOR)],
            "half-reviewed",
            "One of two reviewers has decided; a second person, not the operator, must look too.",
        ),
        ([review(ANN), review(BEN)], "accepted", "2 people accepted this evidence."),
        (
            [review(ANN, "rejected")],
            "rejected",
            "One person looked at this evidence, and it was rejected.",
        ),
    ],
)
def test_two_people_means_two_neither_of_them_the_operator(
    reviews: list[tuple[str, Reviewed]], state: str, says: str
) -> None:
    """The same person twice is one, and who operated the run is none; one is enough to reject."""
    assert signed(*reviews, two_person=True) == (state, says)


def test_every_review_is_kept_in_order() -> None:
    """Also those that no longer count: a reader sees who changed their mind."""
    reviews = (review(ANN, "rejected", "No."), review(OPERATOR), review(ANN, note="Yes."))
    lines = sign_off(reviews, two_person=True, operator=OPERATOR).reviews
    assert [(line.by, line.decision, line.note, line.operator) for line in lines] == [
        (ANN, "rejected", "No.", False),
        (OPERATOR, "accepted", "", True),
        (ANN, "accepted", "Yes.", False),
    ]


def test_an_operator_who_is_not_known_is_nobody() -> None:
    """Where names were deleted a reviewer is never taken for the operator."""
    found = sign_off([review("")], two_person=False, operator="")
    assert found == SignOff(
        state="accepted",
        says="One person accepted this evidence.",
        two_person=False,
        reviews=(
            ReviewLine(
                utc="2026-11-21T06:00:00.000000Z",
                by="",
                role="service owner",
                decision="accepted",
                note="",
                operator=False,
            ),
        ),
    )
    assert [found.settled, sign_off([], two_person=False, operator="").settled] == [True, False]
