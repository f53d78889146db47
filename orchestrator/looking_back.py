"""What is read of an evidence directory after its runs: the register, records that are still there, names of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core import artifacts
from orchestrator.core.errors import UnreadableRunError
from orchestrator.registering import read_register
from reports.population import AsOf, Sources
from reports.previous import RECORD
from reports.register import chain
from reports.register.state import state_of

if TYPE_CHECKING:
    from pathlib import Path

    from reports.register.state import RunRow, State


@dataclass(frozen=True)
class LookBack:
    """A register as of its last entry, with what it does not hold itself."""

    evidence: Path
    as_of: AsOf
    state: State
    sources: Sources

    def run(self, name: str) -> RunRow:
        """Return a run by its folder, its id, the beginning of its id, or `latest`; raises UnreadableRunError."""
        wanted = name.rstrip("/").rpartition("/")[2]
        rows = self.state.runs
        found = rows[-1:] if wanted == "latest" else [row for row in rows if row.run.startswith(wanted)]
        exact = [row for row in found if row.run == wanted] or found
        if len(exact) != 1:
            what = "no run" if not exact else f"{len(exact)} runs"
            raise UnreadableRunError(
                f"{self.evidence / chain.NAME}: {what} named {name!r}", hint="`drillmaster runs` lists them"
            )
        return exact[0]


def look_back(evidence: Path) -> LookBack:
    """Return what an evidence directory tells of its runs; raises UnreadableRunError."""
    from orchestrator.adapters.people_file import PeopleFile

    register = read_register(evidence)
    people = PeopleFile(evidence)
    sources = Sources(lambda row: _record(evidence, row), people.names(), people.id_of)
    return LookBack(evidence, AsOf.end_of(register), state_of(register.entries, register.hashes), sources)


def _record(evidence: Path, row: RunRow) -> bytes | None:
    return artifacts.content(evidence / row.drill / row.run / RECORD)
