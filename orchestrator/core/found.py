"""Backups that somebody else took, as they were found: which there are, which is picked, and where replay may end.

Files of the source are only ever read; the formats that they may have stand beside what is known of each software.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from orchestrator.core import shell
from orchestrator.core.errors import StepFailedError
from orchestrator.core.instants import utc_text

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence

    from orchestrator.core.lab import Lab
    from reports.facts.existing import Method

Picked = Literal["newest", "named", "random"]
LONGEST_HEADER = 4096
"""The header of every file that is looked at lies within so many bytes."""

# Prints each file, or the table of contents of each folder that has one, with the first bytes of what it holds.
_LOOK = f"""
for path in "$1" "$1"/*; do
    file=$path
    [ ! -d "$path" ] || file=$path/toc.dat
    [ -f "$file" ] || continue
    first=$(gzip --decompress --stdout --force "$file" 2> /dev/null | head --bytes={LONGEST_HEADER} | base64 --wrap=0)
    printf '%s\\t%s\\n' "$first" "$path"
done
"""


@dataclass(frozen=True)
class Backup:
    """One backup. What it does not tell of itself is None or empty."""

    label: str
    major: str = ""
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


@dataclass(frozen=True)
class Replay:
    """How far a recovered server's replay came."""

    commit: str | None = None
    """The last one's moment, UTC; None: not told."""
    reached: str | None = None
    """The segment in which it ended, without timeline; None: there was no replay."""
    segment_bytes: int = 0


class Format(Protocol):
    """One way in which somebody else keeps backups. Every verb raises StepFailedError when the lab cannot tell."""

    software: ClassVar[str]
    """What its versions are versions of."""
    dated_by: ClassVar[Method]
    """What tells the age of the recovered data where it does not tell it itself."""

    def find(self, lab: Lab, service: str) -> Found:
        """Return what is there, once the container has what looking at it and running a copy of it need."""
        ...

    def require_fitting(self, lab: Lab, service: str, backup: Backup) -> None:
        """Raise StepFailedError for a backup that the lab's software cannot be recovered from."""
        ...

    def told(self, backup: Backup) -> dict[str, Any]:
        """Return what the restoring playbook must be told."""
        ...

    def replay(self, lab: Lab, service: str) -> Replay:
        """Return how far the recovered server came."""
        ...


def require_read_only(lab: Lab, service: str, path: str) -> None:
    """Raise StepFailedError unless the kernel has `path` mounted read-only in the service's container."""
    for line in as_root(lab, service, ["cat", "/proc/self/mounts"]).splitlines():
        _, mounted, _, options, *_ = line.split()
        if mounted == path and "ro" in options.split(","):
            return
    raise StepFailedError(f"{service}: {path} is not mounted read-only: nothing more is done")


def as_root(lab: Lab, service: str, argv: Sequence[str], stdin: bytes = b"") -> str:
    """Run a command in the container and return its output; raises StepFailedError."""
    return shell.output(lab, service, argv, user="root", stdin=stdin)


def first_bytes(lab: Lab, service: str, source: str) -> Iterator[tuple[str, bytes]]:
    """Yield each file of a source, or the one that it is, with the first bytes of what it holds, unzipped."""
    for line in as_root(lab, service, ["sh", "-c", _LOOK, "look", source]).splitlines():
        first, _, path = line.partition("\t")
        yield path, base64.b64decode(first)


def from_epoch(seconds: float) -> datetime:
    """Return a moment of the Unix clock."""
    return datetime.fromtimestamp(seconds, UTC)


def _shown(moment: datetime | None) -> str:
    return utc_text(moment) if moment else "an unknown moment"
