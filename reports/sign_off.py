"""Whether people have looked at a run's evidence, and what they decided together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from reports.facts.values import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.register.entries import Reviewed

Decision = Literal["accepted", "accepted-with-remarks", "rejected"]
Signed = Literal["not-reviewed", "half-reviewed", "accepted", "accepted-with-remarks", "rejected"]
TWO = 2


class ReviewLine(Fact):
    """One review."""

    utc: str
    by: str = Field(description="A person's id.")
    role: str
    decision: Decision
    note: str
    operator: bool = Field(description="The same person operated the run; false also where that cannot be told.")


class SignOff(Fact):
    """What the reviews of a run come to."""

    state: Signed
    says: str = Field(description="One sentence.")
    two_person: bool = Field(description="Two people are asked for, neither of them the operator.")
    reviews: tuple[ReviewLine, ...]

    @property
    def settled(self) -> bool:
        """Return whether everybody who must look has looked."""
        return self.state not in {"not-reviewed", "half-reviewed"}


def sign_off(reviews: Iterable[tuple[str, Reviewed]], *, two_person: bool, operator: str) -> SignOff:
    """Return what reviews, each with its time, come to; `operator` is a person's id, empty where it is not known.

    Each person's last decision counts. Where two people must review, the operator's does not.
    """
    lines = tuple(
        ReviewLine(
            utc=at, by=one.by, role=one.role, decision=one.decision, note=one.note, operator=one.by == operator != ""
        )
        for at, one in reviews
    )
    counting = list({line.by: line for line in lines if not (two_person and line.operator)}.values())
    state = _state(counting, two_person=two_person)
    return SignOff(state=state, says=_says(state, lines, counting), two_person=two_person, reviews=lines)


def _state(counting: Sequence[ReviewLine], *, two_person: bool) -> Signed:
    decisions = {line.decision for line in counting}
    if "rejected" in decisions:
        return "rejected"
    if not counting:
        return "not-reviewed"
    if two_person and len(counting) < TWO:
        return "half-reviewed"
    return "accepted-with-remarks" if "accepted-with-remarks" in decisions else "accepted"


def _says(state: Signed, lines: Sequence[ReviewLine], counting: Sequence[ReviewLine]) -> str:
    if state == "not-reviewed":
        return (
            "Nobody who counts has looked at this evidence: who operated a run cannot review it."
            if lines
            else ("Nobody has looked at this evidence yet.")
        )
    if state == "half-reviewed":
        return "One of two reviewers has decided; a second person, not the operator, must look too."
    people = "One person" if len(counting) == 1 else f"{len(counting)} people"
    decided = {
        "accepted": "accepted this evidence",
        "accepted-with-remarks": "accepted this evidence, with remarks",
        "rejected": "looked at this evidence, and it was rejected",
    }[state]
    alone = " The only reviewer operated the run." if all(line.operator for line in counting) else ""
    return f"{people} {decided}.{alone}"
