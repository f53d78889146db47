"""The step `existing`."""

from __future__ import annotations

import posixpath
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.instants import utc_text
from orchestrator.core.kind import Need, Settings, Source, Step
from orchestrator.postgresql import recovered_point
from orchestrator.postgresql.admission import SETTINGS, admit, require_read_only
from orchestrator.postgresql.found_base_backup import BaseBackups
from orchestrator.postgresql.found_dump import Dumps
from orchestrator.postgresql.found_pgbackrest import Repository
from reports.facts.events import TargetSet
from reports.facts.existing import ExistingFound
from reports.facts.lab import BACKUP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from orchestrator.postgresql.found import Backup, Found, Picked
    from reports.facts.events import AnyFact

INSIDE, ARCHIVE = "/mnt/existing", "/mnt/archive"


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
    backup, the beginning of the dump. A folder of dumps is one backup: the newest of each database. There is no
    outage, and no ledger: nothing compares the rows with what they should be.
    """

    main: ClassVar[str] = "from"
    example: ClassVar[str] = "existing: {from: /srv/pgbackrest, as: pgbackrest, stanza: main}"
    existing: ClassVar[bool] = True
    not_proven: ClassVar[tuple[str, ...]] = (
        "Noticing, deciding and people: nothing failed, and the clock began when the recovery was decided.",
        "That production's own settings and logins work: the copy ran with the lab's, and let in only its observer.",
        "That nothing is missing of the last archived WAL segment itself: replay was followed to that segment.",
        "What lies on other file systems mounted below the backup's folder: it was not within reach.",
    )

    service: str = Field(default="db", description="The service that it is recovered into.")
    source: HostPath = Field(alias="from", description="Folder, or file, of the backup on this machine.")
    format: Literal["pgbackrest", "dump", "base-backup"] = Field(alias="as", description="What it was made with.")
    stanza: str = Field(default="main", min_length=1, description="The pgBackRest stanza.")
    key_file: HostPath | None = Field(
        default=None, description="File on this machine that holds an encrypted repository's passphrase."
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

    def sources(self) -> tuple[Source, ...]:
        """Return where the backup lies, and the archive of its own if it has one."""
        archive = (Source(self.service, self.archive, ARCHIVE),) if self.archive else ()
        return (Source(self.service, self.source, INSIDE), *archive)

    def needs(self) -> tuple[Need, ...]:
        """Return what looks at the backup."""
        tools = {"pgbackrest": "pgbackrest", "dump": "gzip", "base-backup": "pg_controldata"}
        return (Need(self.service, tools[self.format]), Need(self.service, "python3"))

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield what would let the copy archive, keep the observer out, or leave a dump's time open."""
        if self.format == "dump" and self.zone is None:
            yield (
                "zone",
                "name that of whoever dumped, for dumps tell the time without it, as in zone: Europe/Berlin",
            )
        if self.service in drill.lab.services:
            have = drill.lab.services[self.service].settings
            for name, value in SETTINGS.items():
                if have.get(name) != value:
                    yield "service", f"lab.services.{self.service}.settings needs {name}: {value}, for it runs a copy"

    def run(self, lab: Lab) -> str:
        """Look at the backup and pick; raises StepFailedError, with what there is, when there is nothing to recover."""
        for source in self.sources():
            require_read_only(lab, self.service, source.inside)
        admit(lab, self.service)
        looked_at = self._looked_at(lab)
        found = looked_at.find(lab, self.service)
        until = self.until if isinstance(self.until, datetime) else None
        backup, picked = found.pick(self.pick, until, lab.random)
        self._require_major(lab, backup)
        fact = self._fact(found, backup, picked)
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
        found = ExistingFound.model_validate({**lab.handed_back["existing"], "says": ""})
        commit, reached, size = recovered_point.replay(lab, self.service)
        if reached and found.archive_end and self.until == "archive-end":
            yield recovered_point.wal_replayed(self.service, reached, found.archive_end, size)
        known = {"heartbeat": self._beat(lab), "last-commit": commit, "backup-stop": found.stopped}
        if self.format == "dump":
            known["dump-start"] = found.started
        yield recovered_point.as_of(self.service, known, utc_text(self.as_of) if self.as_of else None)

    def _looked_at(self, lab: Lab) -> Repository | Dumps | BaseBackups:
        if self.format == "dump":
            return Dumps(INSIDE, posixpath.basename(self.source.rstrip("/")), ZoneInfo(self.zone or "UTC"))
        if self.format == "base-backup":
            return BaseBackups(INSIDE, ARCHIVE if self.archive else None)
        key = lab.loaded.resolve(self.key_file).read_text().strip() if self.key_file else None
        if key:
            lab.secrets.keep(self.service, "existing-key", key)
        return Repository(INSIDE, self.stanza, key)

    def _require_major(self, lab: Lab, backup: Backup) -> None:
        told = lab.execute(self.service, ["postgres", "--version"], user="postgres").output
        here = told.split()[2].partition(".")[0]
        fits = float(backup.major or 0) <= float(here) if self.format == "dump" else backup.major == here
        if not fits:
            raise StepFailedError(
                f"backup {backup.label} is of PostgreSQL {backup.major}, and the lab has PostgreSQL {here}",
                hint=f"set lab.services.{self.service}.image to one with PostgreSQL {backup.major}",
            )

    def _fact(self, found: Found, backup: Backup, picked: Picked) -> ExistingFound:
        until = utc_text(self.until) if isinstance(self.until, datetime) else self.until
        ended = f"ended {utc_text(backup.stopped)}" if backup.stopped else ""
        began = f"begun {utc_text(backup.started)}" if backup.started else "when it was taken is not told"
        return ExistingFound(
            service=self.service,
            source=self.source,
            format=self.format,
            label=backup.label,
            picked=picked,
            among=len(found.backups),
            version=backup.major,
            server=backup.server,
            started=utc_text(backup.started) if backup.started else None,
            stopped=utc_text(backup.stopped) if backup.stopped else None,
            until=until,
            archive_end=found.archive_end,
            says=f"backup {backup.label} of PostgreSQL {backup.major}, {picked} of {len(found.backups)}; "
            f"{ended or began}",
        )

    def _target(self) -> TargetSet:
        if isinstance(self.until, datetime):
            return TargetSet(mode="time", server_time=self.until.isoformat(timespec="microseconds"))
        return TargetSet(mode="latest" if self.until == "archive-end" else "backup")

    def _beat(self, lab: Lab) -> str | None:
        if self.heartbeat is None:
            return None
        query = recovered_point.heartbeat_query(self.heartbeat.table, self.heartbeat.column)
        [(moment, of_type)] = lab.sql(self.service, query, self.heartbeat.database)
        return recovered_point.heartbeat(self.heartbeat.column, moment, of_type)
