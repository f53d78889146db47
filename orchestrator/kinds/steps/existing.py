"""The step `existing`."""

from __future__ import annotations

import posixpath
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, Field

from orchestrator.core.found import require_read_only
from orchestrator.core.instants import utc_text
from orchestrator.core.kind import Need, Settings, Source, Step
from orchestrator.filetree.found_snapshots import Snapshots
from orchestrator.keyspace.found_rdb import RdbFiles
from orchestrator.postgresql import recovered_point
from orchestrator.postgresql.admission import SETTINGS
from orchestrator.postgresql.found_barman import BarmanServer
from orchestrator.postgresql.found_base_backup import BaseBackups
from orchestrator.postgresql.found_dump import Dumps
from orchestrator.postgresql.found_pgbackrest import Repository
from reports.facts.events import TargetSet
from reports.facts.existing import ExistingFound, RecoveredAsOf
from reports.facts.lab import BACKUP
from reports.words import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.found import Backup, Format, Found, Picked
    from orchestrator.core.lab import Lab
    from reports.facts.events import AnyFact

INSIDE, ARCHIVE = "/mnt/existing", "/mnt/archive"
FORMATS = {
    "pgbackrest": ("pgbackrest", ("stanza", "key_file", "until", "heartbeat")),
    "barman": ("barman", ("until", "heartbeat")),
    "base-backup": ("pg_controldata", ("archive", "until", "heartbeat")),
    "dump": ("gzip", ("zone", "heartbeat")),
    "restic": ("restic", ("key_file", "of")),
    "rdb": ("redis-check-rdb", ()),
}
"""Each with the tool that tells of it, and the settings that only some have a meaning for."""
SPECIAL = sorted({setting for _, settings in FORMATS.values() for setting in settings})
NEEDED = {"restic": {}, "rdb": {"appendonly": "no"}}
"""The settings that a copy must be started with; all others are PostgreSQL's, whose copies let in their observer."""


_LAST_SEGMENT = "That nothing is missing of the last archived WAL segment itself: replay was followed to that segment."


def _on_this_machine(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f"must be an absolute path on this machine, not {path!r}")
    return path


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError):
        raise ValueError(f"no time zone named {name!r}; write it as Europe/Berlin") from None
    return name


HostPath = Annotated[str, AfterValidator(_on_this_machine)]


class Heartbeat(Settings):
    """A table of the user's own that a job writes the time into."""

    table: str = Field(min_length=1, description="The table, as schema.table.")
    column: str = Field(min_length=1, description="Its column with the time, a timestamptz.")
    database: str | None = Field(default=None, description="The database; the service's own by default.")


class Existing(Step):
    """Find a backup that is there already, taken by whoever takes backups in earnest, and pick what is recovered.

    It is within reach of the lab read-only: nobody inside can write to it, root neither. The recovered copy archives
    nothing. Its age is told by the first of: a heartbeat of the user's own, the last replayed commit, the end of the
    backup, the beginning of the dump or snapshot. A folder of dumps is one backup: the newest of each database. Of
    Barman it is one server's folder, the one with `base` and `wals`; of Redis an RDB file, or a folder of several.
    There is no outage, and no ledger: nothing compares what is recovered with what it should be.
    """

    main: ClassVar[str] = "from"
    example: ClassVar[str] = "existing: {from: /srv/pgbackrest, as: pgbackrest, stanza: main}"
    existing: ClassVar[bool] = True
    not_proven: ClassVar[tuple[str, ...]] = (
        "Noticing, deciding and people: nothing failed, and the clock began when the recovery was decided.",
        "That production's own settings and logins work: the copy ran with the lab's, and let in only its observer.",
        _LAST_SEGMENT,
        "What lies on other file systems mounted below the backup's folder: it was not within reach.",
    )

    service: str = Field(default="db", description="The service that it is recovered into.")
    source: HostPath = Field(alias="from", description="Folder, or file, of the backup on this machine.")
    format: Literal["pgbackrest", "barman", "base-backup", "dump", "restic", "rdb"] = Field(
        alias="as", description="What it was made with."
    )
    stanza: str = Field(default="main", min_length=1, description="The pgBackRest stanza.")
    key_file: HostPath | None = Field(
        default=None, description="File on this machine that holds an encrypted repository's passphrase."
    )
    of: str | None = Field(
        default=None,
        min_length=1,
        description="Whose snapshots, as HOST:PATH, where the repository holds several.",
    )
    archive: HostPath | None = Field(
        default=None, description="Folder of the WAL archive that belongs to base backups; none: their own WAL only."
    )
    zone: Annotated[str, AfterValidator(_known_zone)] | None = Field(
        default=None, description="Time zone of whoever dumped; dumps need it, for they tell the time without it."
    )
    pick: str = Field(
        default="newest", min_length=1, description="The backup: `newest`, `random` (by the run's seed), or its name."
    )
    until: Literal["archive-end", "backup-end"] | AwareDatetime = Field(
        default="archive-end",
        description="Where replay ends: with the archive, with the backup, or at a time with its offset.",
    )
    heartbeat: Heartbeat | None = Field(
        default=None, description="Where the recovered data itself tells what time it is of."
    )
    as_of: AwareDatetime | None = Field(
        default=None, description="What its age is counted from; the beginning of the run by default."
    )

    @property
    def leaves_open(self) -> tuple[str, ...]:
        """Return what is not proven; where nothing is replayed, without a word on WAL."""
        replayed = "until" in FORMATS[self.format][1]
        return tuple(line for line in self.not_proven if replayed or line != _LAST_SEGMENT)

    def sources(self) -> tuple[Source, ...]:
        """Return where the backup lies, and the archive of its own if it has one."""
        archive = (Source(self.service, self.archive, ARCHIVE),) if self.archive else ()
        return (Source(self.service, self.source, INSIDE), *archive)

    def needs(self) -> tuple[Need, ...]:
        """Return what looks at the backup."""
        return (Need(self.service, FORMATS[self.format][0]), Need(self.service, "python3"))

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield what would let the copy archive, keep the observer out, or come up empty; and what has no meaning."""
        for setting in SPECIAL:
            if setting not in FORMATS[self.format][1] and getattr(self, setting) != _default(setting):
                yield setting, f"has no meaning for a backup `as: {self.format}`"
        if self.format == "restic" and self.key_file is None:
            yield "key_file", "restic encrypts every repository: name the file that holds the password"
        if self.format == "dump" and self.zone is None:
            yield (
                "zone",
                "name that of whoever dumped, for dumps tell the time without it, as in zone: Europe/Berlin",
            )
        if self.service in drill.lab.services:
            have = drill.lab.services[self.service].settings
            for name, value in NEEDED.get(self.format, SETTINGS).items():
                if have.get(name) != value:
                    yield "service", f"lab.services.{self.service}.settings needs {name}: {value}, for it runs a copy"

    def run(self, lab: Lab) -> str:
        """Look at the backup and pick; raises StepFailedError, with what there is, when there is nothing to recover."""
        for source in self.sources():
            require_read_only(lab, self.service, source.inside)
        looked_at = self._looked_at(lab)
        found = looked_at.find(lab, self.service)
        until = self.until if isinstance(self.until, datetime) else None
        backup, picked = found.pick(self.pick, until, lab.random)
        looked_at.require_fitting(lab, self.service, backup)
        fact = self._fact(looked_at.software, found, backup, picked)
        lab.ports.journal.append(fact)
        lab.target = self._target()
        lab.ports.journal.append(lab.target)
        lab.handed_back |= {
            BACKUP: backup.told(),
            "existing": fact.model_dump(exclude={"event", "says"}),
            **looked_at.told(backup),
        }
        return fact.says

    def recovered(self, lab: Lab) -> Iterator[AnyFact]:
        """Yield how far replay came, if it was to come to the archive's end, and the moment the data is of."""
        looked_at = self._looked_at(lab)
        found = ExistingFound.model_validate({**lab.handed_back["existing"], "says": ""})
        replay = looked_at.replay(lab, self.service)
        if replay.reached and found.archive_end and self.until == "archive-end":
            yield recovered_point.wal_replayed(self.service, replay.reached, found.archive_end, replay.segment_bytes)
        at_least = found.stopped if looked_at.dated_by == "backup-stop" else found.started
        known = {"heartbeat": self._beat(lab), "last-commit": replay.commit, looked_at.dated_by: at_least}
        method = next((method for method, at in known.items() if at), None)
        yield RecoveredAsOf.model_validate(
            {
                "service": self.service,
                "method": method,
                "at": known.get(method) if method else None,
                "counted_from": utc_text(self.as_of) if self.as_of else None,
            }
        )

    def _looked_at(self, lab: Lab) -> Format:
        label, key = posixpath.basename(self.source.rstrip("/")), self._key(lab)
        looked_at: dict[str, Format] = {
            "pgbackrest": Repository(INSIDE, self.stanza, key),
            "barman": BarmanServer(INSIDE),
            "base-backup": BaseBackups(INSIDE, ARCHIVE if self.archive else None),
            "dump": Dumps(INSIDE, label, ZoneInfo(self.zone or "UTC")),
            "restic": Snapshots(INSIDE, key or "", self.of),
            "rdb": RdbFiles(INSIDE, label),
        }
        return looked_at[self.format]

    def _key(self, lab: Lab) -> str | None:
        if not self.key_file:
            return None
        key = lab.loaded.resolve(self.key_file).read_text().strip()
        lab.secrets.keep(self.service, "existing-key", key)
        return key

    def _fact(self, software: str, found: Found, backup: Backup, picked: Picked) -> ExistingFound:
        version = f"{software} {backup.major}".strip()
        of = f" of {version}" if version else ""
        until = utc_text(self.until) if isinstance(self.until, datetime) else self.until
        ended = f"ended {moment(utc_text(backup.stopped))}" if backup.stopped else ""
        began = f"begun {moment(utc_text(backup.started))}" if backup.started else "when it was taken is not told"
        return ExistingFound(
            service=self.service,
            source=self.source,
            format=self.format,
            label=backup.label,
            picked=picked,
            among=len(found.backups),
            version=version,
            server=backup.server,
            started=utc_text(backup.started) if backup.started else None,
            stopped=utc_text(backup.stopped) if backup.stopped else None,
            until=until,
            archive_end=found.archive_end,
            says=f"backup {backup.label}{of}, {picked} of {len(found.backups)}; {ended or began}",
        )

    def _target(self) -> TargetSet:
        if isinstance(self.until, datetime):
            return TargetSet(mode="time", server_time=self.until.isoformat(timespec="microseconds"))
        return TargetSet(mode="latest" if self.until == "archive-end" else "backup")

    def _beat(self, lab: Lab) -> str | None:
        if self.heartbeat is None:
            return None
        query = recovered_point.heartbeat_query(self.heartbeat.table, self.heartbeat.column)
        [(at, of_type)] = lab.sql(self.service, query, self.heartbeat.database)
        return recovered_point.heartbeat(self.heartbeat.column, at, of_type)


def _default(setting: str) -> object:
    return Existing.model_fields[setting].default
