"""The backups that playbooks handed back, and the choice among them when recovery must use one of some age."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ValidationError

from orchestrator.core.errors import StepFailedError
from orchestrator.core.instants import utc_text
from reports.facts.events import BackupChosen, Mark, Phase
from reports.facts.lab import BACKUP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.lab import Lab

AGE = "drill_backup_age"
"""The fact of a backup's age in seconds; playbooks get it only when the backup was chosen for it."""


class _Backup(BaseModel):
    """What must be known of a backup to choose it."""

    label: str
    stopped: AwareDatetime


def keep(lab: Lab, service: str, facts: Mapping[str, object]) -> None:
    """Remember the backup among the facts that a playbook, perhaps limited to a service, handed back."""
    if BACKUP in facts:
        lab.backups.append((service, facts[BACKUP]))


def choose(lab: Lab, service: str = "") -> None:
    """Hand the recovery's playbooks the newest backup that is as old as the drill asks; once, and if it asks at all.

    Those that are limited to a service get one that was taken of it, or of everything.

    Raises StepFailedError, with the backups there are, when none is.
    """
    asked = lab.loaded.drill.backup_age
    if asked is None or lab.progress.phase != Phase.RECOVER or AGE in lab.handed_back_by(service):
        return
    taken = [backup for of, backup in lab.backups if not service or of in ("", service)]
    injected = datetime.fromisoformat(lab.marks[Mark.DISASTER_INJECTED].utc)
    aged = [((injected - known.stopped).total_seconds(), known) for known in map(_known, taken)]
    ages = ", ".join(f"{known.label} ({age:.1f} s)" for age, known in aged) or "none"
    fitting = [(age, place) for place, (age, _) in enumerate(aged) if age >= asked]
    if not fitting:
        raise StepFailedError(
            f"no backup ended {asked:g} s before the disaster or earlier; there were: {ages}",
            hint="lower backup_age, or take a backup earlier: let time pass in `protect` or `steady`",
        )
    age, place = min(fitting)
    chosen = aged[place][1]
    lab.handed_back_by(service).update({BACKUP: taken[place], AGE: age})
    fact = BackupChosen(
        label=chosen.label,
        stopped=utc_text(chosen.stopped),
        age_s=age,
        asked_s=asked,
        says=f"the newest that ended at least {asked:g} s before the disaster; there were: {ages}",
    )
    lab.ports.journal.append(fact)


def _known(backup: object) -> _Backup:
    try:
        return _Backup.model_validate(backup)
    except ValidationError:
        raise StepFailedError(
            f"a playbook handed back a {BACKUP} whose age cannot be told: {backup}",
            hint="backup_age needs its `label`, and when it `stopped` as a time with its offset",
        ) from None
