"""What a drill of PostgreSQL gives sabotage to work on, told by its declaration alone.

Which tool protects and restores is told by the names of playbooks and commands: one's own count too, where they are
named after what they do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from orchestrator.core.drill import Expect
from orchestrator.core.kind import LONGEST_WAIT_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from orchestrator.core.drill import Drill
    from orchestrator.core.kind import Step

Tool = Literal["pgbackrest", "base-backup", "dump"]

TYPE, CONTENT = "postgres", "postgres-content"
_NAMED: dict[Tool, re.Pattern[str]] = {
    "pgbackrest": re.compile(r"pgbackrest"),
    "base-backup": re.compile(r"pg.?basebackup"),
    "dump": re.compile(r"pg.?dump"),
}
_RESTORES = re.compile(r"restore")
_STANZA = re.compile(r"--stanza=(\S+)")


def servers(drill: Drill, *looked_at_by: str) -> Iterator[str]:
    """Yield the PostgreSQL services that checks of all these kinds look at."""
    looks = {(check.kind, service) for check in drill.checks for service in check.services()}
    yield from (name for name in _servers(drill) if all((kind, name) in looks for kind in looked_at_by))


def ledger_servers(drill: Drill) -> Iterator[str]:
    """Yield the PostgreSQL services that a ledger writes to."""
    written = {service for workload in drill.workload for service in workload.services()}
    yield from (service for service in _servers(drill) if service in written)


def backed_up_servers(drill: Drill, tool: Tool, folder: str) -> Iterator[str]:
    """Yield the servers that are protected with a tool, into a volume at `folder`, and recovered by a restore."""
    restores = [step for step in drill.recover if _name([step], _RESTORES)]
    if _name(drill.protect, _NAMED[tool]):
        for service in _servers(drill):
            restored = any(service in (step.services() or [service]) for step in restores)
            if restored and folder in {volume.path for volume in drill.lab.services[service].volumes.values()}:
                yield service


def restored_servers(drill: Drill, tool: Tool, folder: str) -> Iterator[str]:
    """Yield the servers that recover from what a tool kept last, and whose content is compared then."""
    if drill.backup_age is None:
        compared = set(servers(drill, CONTENT))
        yield from (service for service in backed_up_servers(drill, tool, folder) if service in compared)


def stanza(drill: Drill, service: str) -> str:
    """Return the pgBackRest stanza that a server archives to."""
    found = _STANZA.search(str(drill.lab.services[service].settings.get("archive_command", "")))
    return found[1] if found else "main"


def without_wal(drill: Drill) -> Iterator[Expect]:
    """Yield how a recovery must be caught that lacks WAL from after the backup: with a target it fails, else it loses.

    Nothing where that hangs on the run: a target drawn at random may lie before what is missing.
    """
    if drill.recover_to == "before-disaster" or not any(step.kind == "replace" for step in drill.recover):
        yield Expect.failed_by("recovery-step")
    elif drill.recover_to == "latest" and promised_loss(drill) is not None:
        yield Expect.failed_by("rpo")


def promised_loss(drill: Drill) -> float | None:
    """Return the promised RPO in seconds; None where there is none, or it is too long to outlast unasked."""
    rpo = drill.objectives.rpo
    return None if rpo == "none" or rpo > LONGEST_WAIT_S else rpo


def patience(drill: Drill) -> str:
    """Return for how long a fault may wait until more is lost than was promised."""
    return f"{20 + (promised_loss(drill) or 0):g}s"


def _servers(drill: Drill) -> Iterator[str]:
    for name, service in drill.lab.services.items():
        if service.type == TYPE and service.spare_for is None:
            yield name


def _name(steps: Sequence[Step], what: re.Pattern[str]) -> bool:
    return any(what.search(step.model_dump_json()) for step in steps)
