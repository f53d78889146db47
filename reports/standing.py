"""Where a run stands: what the register says of it, and of its drill, after its record was sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.actions import actions
from reports.population import population

if TYPE_CHECKING:
    from reports.actions import ActionLine
    from reports.controls.assess import Assessment
    from reports.controls.model import Control
    from reports.population import AsOf, RunLine, Sources
    from reports.record import Record
    from reports.register.state import State

HISTORY = 12
"""So many runs of a drill are its history."""


@dataclass(frozen=True)
class FileRow:
    """One file of a run's folder."""

    path: str
    size: int
    sha256: str
    sealed: bool
    """Whether the seal names it with this digest."""


@dataclass(frozen=True)
class Sealing:
    """What stands in a run's folder, and who sealed it. Nothing of it is verified here: `verify` does that."""

    files: tuple[FileRow, ...] = ()
    statement_sha256: str = ""
    """Empty: there is no seal."""
    keyids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Standing:
    """What the register says of one run as of an entry."""

    as_of: AsOf
    line: RunLine
    started_sha256: str
    record_sha256: str
    """As the register has it; empty: the run never finished."""
    journal_sha256: str
    """Likewise."""
    actions: tuple[ActionLine, ...]
    """Because of this run."""
    carried: tuple[ActionLine, ...]
    """Open ones because of other runs of the drill."""
    history: tuple[RunLine, ...]
    """The last runs of the drill, oldest first."""
    sealing: Sealing
    sources: Sources
    bearings: tuple[tuple[Control, Assessment], ...] = ()
    """What the run shows of each control."""
    no_bearings: str = ""
    """Why controls were not looked at; empty: they were."""

    def differs(self, record: Record) -> str:
        """Return why a record, judged again from the run's folder, is not what was registered; empty: it is."""
        if record.verdict != self.line.verdict:
            return f"The register has {self.line.verdict}; judged again from its folder, the run is {record.verdict}."
        if self.journal_sha256 not in {"", record.journal.sha256}:
            return "The journal in its folder is not the one that the register names."
        if self.line.evidence in {"changed", "missing"}:
            return self.line.sentence
        return ""


def standing(run: str, as_of: AsOf, state: State, sources: Sources, sealing: Sealing) -> Standing | None:
    """Return where a run stands; None when the register does not know it."""
    row = next((row for row in state.runs if row.run == run), None)
    if row is None:
        return None
    of_drill = [action for action in actions(state, as_of.utc[:10]) if action.drill == row.drill]
    past = [other for other in state.runs if other.drill == row.drill][-HISTORY:]
    (line,) = population([row], sources)
    return Standing(
        as_of=as_of,
        line=line,
        started_sha256=row.started_sha256,
        record_sha256=row.finished.record_sha256 if row.finished else "",
        journal_sha256=row.finished.journal_sha256 if row.finished else "",
        actions=tuple(action for action in of_drill if action.run == run),
        carried=tuple(action for action in of_drill if action.run != run and action.open),
        history=tuple(population(past, sources)),
        sealing=sealing,
        sources=sources,
    )
