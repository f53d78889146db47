"""Controls as types: what stands in a file of `reports/controls/` or of a user's own."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from reports.controls.conditions import ALWAYS, CONDITIONS
from reports.controls.groups import GROUPS
from reports.facts.values import Fact
from reports.yaml.mistakes import did_you_mean
from reports.yaml.tree import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

Status = Literal["in-force", "proposed", "superseded"]
Coverage = Literal["full", "partial", "supporting"]
Origin = Literal["text", "guidance", "practice", "organisation"]

_CLAIM = re.compile(r"\bcomplian(t|ce with)\b", re.IGNORECASE)
_INTERVAL = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?")
_ID = re.compile(r"[a-z_][a-z0-9._-]*")


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("must say something")
    if claim := _CLAIM.search(text):
        raise ValueError(f"says {claim[0]!r}: evidence supports a judgement, and is none")
    return text


def _token(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(f"{shown(text)} is no id; write small letters, digits, `.`, `-` and `_`, a letter first")
    return text


def _interval(text: str) -> str:
    if not _INTERVAL.fullmatch(text) or not re.search("[1-9]", text):
        raise ValueError(f"{shown(text)} is no ISO 8601 interval of days or longer, such as P1Y, P3M or P7D")
    return text


def _day(text: Any) -> date:
    try:
        return text if isinstance(text, date) else date.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{shown(text)} is no date; write it as YYYY-MM-DD") from None


def _some(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse an empty list; pydantic's own bound also speaks up where an item is wrong."""
    if not items:
        raise ValueError("must hold at least one")
    return items


def _one_of(what: str, known: Iterable[str]) -> BeforeValidator:
    """Return a validator that answers an unknown name with the nearest right one."""
    names = list(known)

    def check(name: Any) -> Any:
        if isinstance(name, str) and name not in names:
            raise ValueError(f"unknown {what} {shown(name)}{did_you_mean(name, names)}")
        return name

    return BeforeValidator(check)


Text = Annotated[str, AfterValidator(_text)]
Id = Annotated[str, AfterValidator(_token)]
Group = Annotated[str, _one_of("record group", GROUPS)]
Condition = Annotated[str, _one_of("condition", [name for name in CONDITIONS if name not in ALWAYS])]


class Framework(Fact):
    """A law, standard or scheme that has controls."""

    key: Id = Field(description="Its short name, as on the command line.")
    title: Text = Field(description="Its name in full.")
    version: Text = Field(description="The version that the file speaks of.")
    status: Annotated[Status, _one_of("status", get_args(Status))] = Field(
        description="in-force, proposed or superseded."
    )


class Frequency(Fact):
    """How often the control asks for a drill."""

    max_interval: Annotated[str, AfterValidator(_interval)] | None = Field(
        description="The longest time between two drills, such as P1Y; null: no number is set."
    )
    text: Text = Field(description="The same in words.")
    on_change: bool = Field(default=False, description="A drill is also due after a substantive change.")
    source: Annotated[Origin, _one_of("source", get_args(Origin))] = Field(
        description="Who sets it: the text itself, guidance on it, practice, or the organisation."
    )


class OscalReference(Fact):
    """Where NIST's catalogue has it."""

    control: Id = Field(description="The control's id, such as cp-9.1.")
    parts: tuple[Id, ...] = Field(default=(), description="Ids of statements and assessment objectives.")


class CrossReference(Fact):
    """Other names of the same control."""

    oscal: OscalReference | None = Field(default=None, description="NIST's catalogue; null: it is not in there.")
    ciso_assistant: str | None = Field(default=None, description="URN in CISO Assistant's libraries; null: not known.")


class Entry(Fact):
    """One control as its file has it."""

    id: Id = Field(description="Its id here, unique over all frameworks.")
    ref: Text = Field(description="The exact citation.")
    summary: Text = Field(description="What it asks for, in own words.")
    frequency: Frequency = Field(description="How often it asks for a drill.")
    requires: Annotated[tuple[Group, ...], AfterValidator(_some)] = Field(
        description="Record groups without which a run does not count."
    )
    when: tuple[Condition, ...] = Field(default=(), description="Conditions that must all hold for a run to count.")
    coverage: Annotated[Coverage, _one_of("coverage", get_args(Coverage))] = Field(
        description="How much of the control a run that counts can show: full, partial or supporting."
    )
    not_covered: Text = Field(description="What of the control no such run shows; never empty.")
    xref: CrossReference = Field(default=CrossReference(), description="Other names of the same control.")
    source: Annotated[str, Field(pattern="^https://")] = Field(description="Where it can be read, an https URL.")
    checked: Annotated[date, BeforeValidator(_day)] = Field(description="When it was last held against its source.")


class Control(Entry):
    """One control of a framework."""

    framework: Framework


class FrameworkFile(Fact):
    """One file: a framework and its controls."""

    framework: Framework = Field(description="The law, standard or scheme.")
    controls: Annotated[tuple[Entry, ...], AfterValidator(_some)] = Field(description="Its controls.")


def after(start: date, interval: str) -> date:
    """Return the last day on which a drill is due, `interval` (ISO 8601, days or longer) after the one at `start`.

    A month later is the same day of the next month, or that month's last.
    """
    found = _INTERVAL.fullmatch(interval)
    years, months, weeks, days = (int(part or 0) for part in (found.groups() if found else ()))
    month = start.month - 1 + months + 12 * years
    year, month = start.year + month // 12, month % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return date(year, month, day) + timedelta(weeks=weeks, days=days)
