"""The population: every run that a register tells of, each with what its record still tells, for whoever looks back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reports.facts.programme import Level, Programme
from reports.facts.values import Fact, State, Verdict
from reports.glance import away, lost_by
from reports.record import ServiceMeasures, is_newer
from reports.sign_off import SignOff, sign_off

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reports.register.chain import Register
    from reports.register.state import RunRow

GRACE = timedelta(days=1)
"""A run is on time when it started within this much of its due moment."""
Adherence = Literal["unscheduled", "on-time", "late"]
Evidence = Literal["whole", "changed", "missing", "purged", "unreadable", "unfinished"]


class AsOf(Fact):
    """The entry of a register up to which something was told."""

    register_id: str
    entry: int
    sha256: str = Field(description="That entry's hash.")
    utc: str = Field(description="Its time.")

    @classmethod
    def end_of(cls, register: Register) -> AsOf:
        """Return the last entry of a register, which has one at least."""
        where = register.position
        return cls(register_id=where.register_id, entry=where.seq, sha256=where.head, utc=register.entries[-1].at)


class Measure(Fact):
    """One objective of a run against what was measured, in seconds."""

    promised_s: float | None = Field(description="Seconds; None: nothing was promised, or it is not known.")
    at_most_s: float | None = Field(description="Seconds; None: unknown or unbounded.")
    achieved: str = Field(description="As a person reads it; empty: there is no record.")
    state: State | None = Field(description="None: there is no record, or no such objective.")

    @property
    def share(self) -> float | None:
        """Return what was measured as a share of what was promised; None where either is unknown or unbounded."""
        return None if self.at_most_s is None or not self.promised_s else self.at_most_s / self.promised_s

    @property
    def unbounded(self) -> bool:
        """Return whether it was worse than any figure: it never ended while it was watched."""
        return self.state is State.VIOLATED and self.at_most_s is None


class ServiceLine(Fact):
    """One of several services of a run, as its own ledger measured it."""

    service: str
    back: str = Field(description="When it was back, in words.")
    lost: str = Field(description="What it lost, in words.")


class RunLine(Fact):
    """One run of the population."""

    run: str
    drill: str
    title: str = Field(description="Empty: there is no record.")
    system: str
    criticality: Level | None
    control: bool = Field(description="A negative control: of another population.")
    tabletop: bool = Field(default=False, description="People only, and no system: of another population.")
    caught: bool | None = Field(description="Of a control: whether it was caught; None: no control, or no record.")
    verdict: Verdict
    sentence: str = Field(description="Why; of a run without a record what the register tells.")
    started_utc: str
    started_seq: int
    finished_utc: str = Field(description="Empty: it never finished.")
    finished_seq: int | None
    trigger: str
    due: str = Field(description="When it was due, in UTC; empty: it was on no schedule.")
    adherence: Adherence
    rto: Measure
    rpo: Measure
    services: tuple[ServiceLine, ...] = Field(default=(), description="Empty: one service was measured.")
    sign_off: SignOff
    not_proven: tuple[str, ...]
    evidence: Evidence = Field(description="What became of the record that the register names.")

    @property
    def good(self) -> bool:
        """Return whether it ended as it should: passed, or caught."""
        return bool(self.caught) if self.control else self.verdict == Verdict.PASS


class _Lenient(BaseModel):
    """What is asked of a record, of whatever version."""

    model_config = ConfigDict(extra="ignore")


class _Drill(_Lenient):
    title: str


class _Objective(_Lenient):
    name: str
    objective_s: float | None
    achieved: str
    at_most_s: float | None
    state: State


class _Control(_Lenient):
    caught: bool


class _Record(_Lenient):
    schema_version: str
    sentence: str
    drill: _Drill
    programme: Programme = Programme()
    objectives: tuple[_Objective, ...]
    by_service: tuple[ServiceMeasures, ...] = ()
    control: _Control | None
    tabletop: dict[str, object] | None = None
    not_proven: tuple[str, ...]


@dataclass(frozen=True)
class Sources:
    """What a register alone does not hold; all of it may be gone."""

    record_of: Callable[[RunRow], bytes | None]
    """The content of a run's record.json, or None."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The names of people by their ids."""
    id_of: Callable[[str], str] = lambda _: ""
    """The id of a person's name; empty where none is known."""

    def name(self, person: str) -> str:
        """Return a person's name, or the id where the name is not known."""
        return self.names.get(person, person)


def population(rows: Iterable[RunRow], sources: Sources) -> Iterator[RunLine]:
    """Yield runs of a register with what their records tell, in their order."""
    return (_line(row, sources) for row in rows)


def _line(row: RunRow, sources: Sources) -> RunLine:
    record, evidence = _record(row, sources)
    programme = record.programme if record else Programme()
    measures = {objective.name: objective for objective in record.objectives} if record else {}
    return RunLine(
        run=row.run,
        drill=row.drill,
        title=record.drill.title if record else "",
        system=row.system,
        criticality=programme.criticality,
        control=row.control,
        tabletop=bool(record and record.tabletop),
        caught=record.control.caught if record and record.control else None,
        verdict=row.verdict,
        sentence=record.sentence if record else _without_record(row, evidence),
        started_utc=row.started_at,
        started_seq=row.started_seq,
        finished_utc=row.finished_at,
        finished_seq=row.finished_seq,
        trigger=row.started.trigger,
        due=row.started.due,
        adherence=_adherence(row),
        rto=_measure(measures.get("rto"), row.started.objectives.rto_s),
        rpo=_measure(measures.get("rpo"), row.started.objectives.rpo_s),
        services=tuple(ServiceLine(service=one.service, back=away(one), lost=lost_by(one)) for one in record.by_service)
        if record
        else (),
        sign_off=sign_off(row.reviews, two_person=programme.two_person, operator=sources.id_of(row.started.operator)),
        not_proven=record.not_proven if record else (),
        evidence=evidence,
    )


def _record(row: RunRow, sources: Sources) -> tuple[_Record | None, Evidence]:
    """Return a run's record if it is the one that the register names, and what became of it."""
    if row.purged:
        return None, "purged"
    if row.finished is None:
        return None, "unfinished"
    raw = sources.record_of(row)
    if raw is None:
        return None, "missing"
    if hashlib.sha256(raw).hexdigest() != row.finished.record_sha256:
        return None, "changed"
    try:
        record = _Record.model_validate_json(raw)
    except ValidationError:
        return None, "unreadable"
    return (None, "unreadable") if is_newer(record.schema_version) else (record, "whole")


def _without_record(row: RunRow, evidence: Evidence) -> str:
    purged = row.purged.retained_until if row.purged else ""
    return {
        "purged": f"Its files were kept until {purged}, and purged then.",
        "unfinished": "The run never finished: it counts as aborted.",
        "missing": "Its record is not there.",
        "changed": "Its record is not the one that the register names.",
        "unreadable": "Its record cannot be read by this version.",
        "whole": "",
    }[evidence]


def _adherence(row: RunRow) -> Adherence:
    if not row.started.due:
        return "unscheduled"
    late_by = datetime.fromisoformat(row.started_at) - datetime.fromisoformat(row.started.due)
    return "on-time" if late_by <= GRACE else "late"


def _measure(measured: _Objective | None, promised: float | None) -> Measure:
    if measured is None:
        return Measure(promised_s=promised, at_most_s=None, achieved="", state=None)
    return Measure(
        promised_s=measured.objective_s,
        at_most_s=measured.at_most_s,
        achieved=measured.achieved,
        state=measured.state,
    )
