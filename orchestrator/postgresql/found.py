"""Backups that somebody else took, as they were found: which there are, which is picked, and where replay may end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.core.errors import StepFailedError
from orchestrator.core.instants import utc_text

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

Picked = Literal["newest", "named", "random"]


@dataclass(frozen=True)
class Backup:
    """One backup. What it does not tell of itself is None or empty."""

    label: str
    major: str
    """The major version of the server that it is of."""
    server: str = ""
    """That server's system identifier."""
    started: datetime | None = None
    stopped: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else its tool tells of it."""

    def told(self) -> dict[str, Any]:
        """Return it as playbooks that take backups tell of theirs."""
        moments = {"started": self.started, "stopped": self.stopped}
        return {
            "label": self.label,
            **{name: utc_text(at) for name, at in moments.items() if at},
            **self.facts,
        }


@dataclass(frozen=True)
class Found:
    """The backups of a source, oldest first, and the end of the WAL archive beside them."""

    backups: tuple[Backup, ...]
    archive_end: str | None = None
    """Name of the last archived segment; None: there is no archive."""
    archived_until: datetime | None = None
    """When that segment was archived."""

    def pick(self, which: str, until: datetime | None, draw: random.Random) -> tuple[Backup, Picked]:
        """Return the backup that is asked for, of those that ended before `until`.

        Raises StepFailedError, with the backups there are, when none is.
        """
        if not self.backups:
            raise StepFailedError("the source holds no complete backup", hint="see that backups are made, and end well")
        fitting = [one for one in self.backups if until is None or one.stopped is None or one.stopped < until]
        if not fitting or (until and self.archived_until and self.archived_until < until):
            first = self.backups[0].stopped
            covered = f"from {_shown(first)} to {_shown(self.archived_until)}"
            raise StepFailedError(
                f"the target {_shown(until)} lies outside of what backups and archive cover: {covered}",
                hint="choose a moment in between, or `until: archive-end`",
            )
        if which == "newest":
            return fitting[-1], "newest"
        if which == "random":
            return draw.choice(fitting), "random"
        named = next((one for one in fitting if one.label == which), None)
        if named is None:
            raise StepFailedError(f"no backup is named {which}; there are: {', '.join(one.label for one in fitting)}")
        return named, "named"


def from_epoch(seconds: float) -> datetime:
    """Return a moment of the Unix clock."""
    return datetime.fromtimestamp(seconds, UTC)


def _shown(moment: datetime | None) -> str:
    return utc_text(moment) if moment else "an unknown moment"
