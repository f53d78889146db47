"""The record as plain text for a terminal: what a person wants to know first, in at most some forty lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.facts.events import State
from reports.glance import away, caveats, changes, lost, lost_by
from reports.record import WriteClass
from reports.words import duration, margin, moment, objective_name, plain, worst_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.record import LedgerWrites, Record
    from reports.standing import Standing

_MOST_PARTS, _MOST_FAULTS = 8, 8
"""The rest is counted, and stands in the report."""


def text(record: Record, standing: Standing | None = None) -> str:
    """Return the record as plain text without colour codes; the record's own texts keep to one line each.

    With `standing` it ends with what the register says of the run since.
    """
    sections = [
        _head(record),
        _objectives(record),
        _services(record),
        _parts(record),
        _calls(record),
        _loss(record),
        _findings(record),
        _rest(record),
    ]
    if standing:
        sections.append(_since(record, standing))
    blocks = ("\n".join(plain(line) for line in section) for section in sections)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _head(record: Record) -> Iterator[str]:
    yield f"{record.verdict}  {record.sentence}"
    if record.altered:
        yield f"ALTERED on the command line: {', '.join(record.altered)}"
    if record.control is not None:
        yield f"NEGATIVE CONTROL. {record.control.sentence}"
    if record.tabletop:
        yield "TABLETOP. People talked a recovery through; nothing was destroyed or restored, so none is proven."
    yield f"{record.drill.name} on {record.drill.system}, {moment(record.started_utc)}, run {record.run}"


def _objectives(record: Record) -> Iterator[str]:
    for item in record.objectives:
        promise = "nothing was promised"
        if item.objective_s is not None:
            promise = f"promised {duration(item.objective_s)}; {margin(item)}"
        yield f"{objective_name(item.name):<23} {item.state:<9} {item.achieved}; {promise}"
        if item.state is not State.HELD:
            yield f"{'':<24}{item.says}"


def _services(record: Record) -> Iterator[str]:
    for one in record.by_service:
        yield f"{one.service:<23} {away(one)}; {lost_by(one)}"


def _parts(record: Record) -> Iterator[str]:
    parts = record.rto.parts
    if parts:
        yield "Where the time went" if record.tabletop else "Where the recovery time went"
    for part in parts[:_MOST_PARTS]:
        yield f"{part.seconds:>12.3f} s  {part.name}{' (assumed)' if part.assumed else ''}"
    yield from _more(len(parts) - _MOST_PARTS)
    if record.rto.path:
        yield f"Critical path: {', then '.join(record.rto.path)}"
    if record.critical_step:
        yield f"To speed up first: {record.critical_step.says}"
    if record.full_speed:
        yield f"Full speed: {record.full_speed.says}"
    if record.previous:
        told = (f"{change.measure} {change.says}" for change in changes(record))
        yield f"Against the last run, {moment(record.previous.started_utc)}: {'; '.join(told)}"


def _calls(record: Record) -> Iterator[str]:
    for call in record.tabletop.calls if record.tabletop else ():
        took = duration(call.seconds)
        yield f"Called {call.contact}: {f'answered after {took}' if call.answered else f'no answer within {took}'}"


def _loss(record: Record) -> Iterator[str]:
    for ledger in record.writes:
        yield f"Writes of {ledger.service}: {_counts(ledger)} (of {ledger.total:,})"
    if record.writes:
        yield f"Lost: {lost(record)}"


def _counts(ledger: LedgerWrites) -> str:
    named = (f"{name.replace('-', ' ')} {ledger.counts[name]:,}" for name in WriteClass if ledger.counts.get(name))
    return ", ".join(named) or "none"


def _findings(record: Record) -> Iterator[str]:
    findings = worst_first((*record.findings, *record.instrument))
    states = [finding.state for finding in findings]
    yield "Findings and self-checks: " + ", ".join(f"{states.count(state)} {state}" for state in State)
    faults = [finding for finding in findings if finding.state is not State.HELD]
    for finding in faults[:_MOST_FAULTS]:
        yield f"  {finding.state:<9} {finding.name}: {finding.says}"
    yield from _more(len(faults) - _MOST_FAULTS)


def _rest(record: Record) -> Iterator[str]:
    if record.lab_removed is False:
        yield f"Lab not removed: {record.lab_says}"
    if read_with := [says for says, _ in caveats(record)]:
        yield f"To be read with, all in the report: {'; '.join(read_with)}"


def _since(record: Record, standing: Standing) -> Iterator[str]:
    if differs := standing.differs(record):
        yield f"NOT AS REGISTERED: {differs}"
    signing = standing.line.sign_off
    yield f"{'Reviewed' if signing.settled else 'NOT YET REVIEWED'}: {signing.says}"
    for action in (*standing.actions, *standing.carried):
        if action.open:
            owner = standing.sources.name(action.owner)
            yield f"{action.action} {action.state}, {owner}, due {action.due}: {action.what}"
    yield f"As of entry {standing.as_of.entry} of register {standing.as_of.register_id}"


def _more(left_out: int) -> Iterator[str]:
    if left_out > 0:
        yield f"  and {left_out} more in the report"
