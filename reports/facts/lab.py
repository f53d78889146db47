"""Facts of the lab: where its services came from, what they said of themselves, and what became of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reports.facts.values import Fact

BACKUP = "drill_backup"
"""The fact in which a playbook tells of the backup it took."""
ENDPOINT = "drill_endpoint"
"""The fact in which a playbook tells the service that clients are sent to from now on."""


class ImageResolved(Fact):
    """Where a service's image came from: found here, pulled or built."""

    event: Literal["image-resolved"] = "image-resolved"
    service: str
    image: str
    image_id: str
    how: Literal["here", "pulled", "built"]


class ServiceReady(Fact):
    """A service answered its readiness probe; `settings` is the configuration that bounds loss and duration."""

    event: Literal["service-ready"] = "service-ready"
    service: str
    type: str
    version: str
    settings: dict[str, str] = Field(default_factory=dict)


class SettingsRead(Fact):
    """A service's whole configuration, at the end of `protect` or after the recovery."""

    event: Literal["settings-read"] = "settings-read"
    service: str
    when: Literal["before-disaster", "after-recovery"]
    settings: dict[str, str]


class ArchiverRead(Fact):
    """What a service said of its archiving just before the disaster; reading it flushes and switches nothing."""

    event: Literal["archiver-read"] = "archiver-read"
    service: str
    archived: int = Field(description="Files archived since the server's statistics were reset.")
    failed: int = Field(description="Failed attempts to archive since then.")
    waiting: int = Field(description="Finished files that wait to be archived.")
    last_archived: str = Field(description="Name of the last file archived; empty: none.")
    last_archived_age_s: float | None = Field(description="Seconds since it was archived, by the server's clock.")


class BackupChosen(Fact):
    """The backup that recovery was told to use, because the drill asks for one of some age."""

    event: Literal["backup-chosen"] = "backup-chosen"
    label: str
    stopped: str
    age_s: float
    asked_s: float
    says: str


class LabRemoved(Fact):
    """The lab is gone; `left` names what could not be removed."""

    event: Literal["lab-removed"] = "lab-removed"
    removed: dict[str, int]
    left: tuple[str, ...] = ()


class LabKept(Fact):
    """The lab was left standing on request; `drillmaster sweep` removes it."""

    event: Literal["lab-kept"] = "lab-kept"
    because: str
