"""How measures and classes are put into words: one wording for every rendering."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reports.facts.events import Finding, State, Verdict
from reports.facts.names import parted
from reports.record import Objective, WriteClass

if TYPE_CHECKING:
    from collections.abc import Iterable

_OBJECTIVES = {
    "rto": "Recovery time (RTO)",
    "rpo": "Data loss (RPO)",
    "given-up": "Given up by going back",
    "common-point": "Services apart",
    "exercise": "Time until all was done",
}

VERDICT_MEANINGS = {
    Verdict.PASS: "Every objective was met and every check held.",
    Verdict.FAIL: "At least one objective was missed or one check was violated.",
    Verdict.INCONCLUSIVE: "Nothing was violated, but something could not be known. This is not a pass.",
    Verdict.ABORTED: "The run ended before it could be judged. It proves nothing.",
}

FINDING_GROUPS = {
    "integrity": "What the checks and the ledger state of what was recovered; faults first",
    "isolation": "What could be reached from inside the lab; faults first",
    "course": "How the run went, and whether what it rests on was real; faults first",
}

ACTION_STATES = {"open": "open", "overdue": "overdue", "mended": "mended", "accepted": "risk accepted"}

CLASS_MEANINGS = {
    WriteClass.KEPT: "Acknowledged before the outage; present once, with the right content.",
    WriteClass.LOST: "Acknowledged up to the recovery target, yet absent. Counts against the RPO.",
    WriteClass.GIVEN_UP: "Acknowledged after the recovery target and absent: the price of going back.",
    WriteClass.AT_TARGET: "Acknowledged too close to the recovery target to tell: present and absent are both right.",
    WriteClass.REFUSED: "Answered with a definite error, and absent, as it must be.",
    WriteClass.IN_DOUBT_PRESENT: "No answer came; the write is present. Either is right.",
    WriteClass.IN_DOUBT_ABSENT: "No answer came; the write is absent. Either is right.",
    WriteClass.UNSENT: "Never sent: there was nobody to send it to.",
    WriteClass.UNEXPECTED: "Present although never attempted, refused, or attempted after the recovery target.",
    WriteClass.CORRUPT: "Present with content other than what was written.",
    WriteClass.DUPLICATE: "Present more than once.",
    WriteClass.LATER_PRESENT: "Acknowledged by the recovered system, and present.",
    WriteClass.LATER_MISSING: "Acknowledged by the recovered system, yet absent.",
}

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ORDER = (State.VIOLATED, State.UNKNOWN, State.HELD)


def objective_name(name: str) -> str:
    """Return what an objective is called for people, with the service that it is about: `db: recovery time (RTO)`."""
    service, bare = parted(name)
    words = _OBJECTIVES[bare]
    return f"{service}: {words[:1].lower()}{words[1:]}" if service else words


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, violated first, then unknown, then held; otherwise in their own order."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.state))


def duration(seconds: float) -> str:
    """Return seconds as a person reads them: `412 ms`, `4.41 s`, `2 min 5 s`; nothing reads 1000 ms or 60 s."""
    if round(seconds, 3) < 1:
        return f"{seconds * 1000:.0f} ms" if seconds else "0 s"
    if round(seconds, 2) < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def size(number: int) -> str:
    """Return bytes as a person reads them, exact count included: `16.0 MiB (16,777,216 bytes)`."""
    if number < 1024:  # noqa: PLR2004 - a KiB
        return f"{number} bytes"
    value, units = number / 1024, iter(("KiB", "MiB", "GiB", "TiB"))
    unit = next(units)
    while value >= 1024 and unit != "TiB":  # noqa: PLR2004
        value, unit = value / 1024, next(units)
    return f"{value:.1f} {unit} ({number:,} bytes)"


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 gap`, `2 gaps`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def moment(utc: str) -> str:
    """Return an instant's UTC text to the second: `2026-11-21 05:44:06 UTC`."""
    return f"{utc[:10]} {utc[11:19]} UTC" if utc else "not recorded"


def margin(objective: Objective) -> str:
    """Return how far an objective was kept or missed, in words."""
    if objective.objective_s is None:
        return "no such promise"
    if objective.at_most_s is None:
        return _open_margin(objective, objective.objective_s)
    spare = objective.objective_s - objective.at_most_s
    return f"{duration(spare)} to spare" if spare >= 0 else f"{duration(-spare)} too much"


def _open_margin(objective: Objective, promised: float) -> str:
    if objective.state is not State.VIOLATED:
        return "cannot be told"
    if objective.at_least_s is None or objective.at_least_s <= promised:
        return "unbounded"
    return f"more than {duration(objective.at_least_s - promised)} too much"


def plain(text: str) -> str:
    """Return the text as one line that a terminal shows as it is: no line of its own, and no control character."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in " ".join(text.splitlines()))


def printable(text: str) -> str:
    """Return the text without the characters that no XML document may hold."""
    return _NOT_XML.sub("\ufffd", text)
