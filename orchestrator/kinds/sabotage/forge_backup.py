"""The sabotage `forge-backup`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.corruption import corrupt
from orchestrator.core.drill import Expect
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.postgresql import compared, suiting
from orchestrator.postgresql.base_backups import FOLDER, BaseBackups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

# A manifest has a line for each file, and in its last line a checksum of all lines before.
FORGE = """
import hashlib, re, sys
backup, path = sys.argv[1:]
digest = hashlib.sha256(open(f"{backup}/{path}", "rb").read()).hexdigest()
with open(f"{backup}/backup_manifest") as file:
    *lines, last = file.read().splitlines(keepends=True)
kind = r'"Checksum-Algorithm": "[^"]*", "Checksum": "[0-9a-f]*"'
fitting = f'"Checksum-Algorithm": "SHA256", "Checksum": "{digest}"'
lines = [re.sub(kind, fitting, line) if f'"Path": "{path}"' in line else line for line in lines]
whole = hashlib.sha256("".join(lines).encode()).hexdigest()
with open(f"{backup}/backup_manifest", "w") as file:
    file.writelines([*lines, re.sub(r"[0-9a-f]{64}", whole, last)])
"""
VERIFY = ["pg_verifybackup", "--quiet", "--no-parse-wal"]


class ForgeBackup(Sabotage):
    """Change a byte that the newest base backup has of a table, and its manifest so that all checksums fit again.

    What an attacker does, or a disk that rotted before the backup was taken: verifying the backup finds nothing, so
    that only what is restored can tell. Confirmed by the byte, in used space, of a table whose rows postgres-content
    compares, and by a verification that passes.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "forge-backup: db"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT

    service: str = Field(description="The service whose backup is forged.")
    relation: str | None = Field(
        default=None, description="The table, as schema.table, in the service's database; by default the largest."
    )
    folder: str = Field(default=FOLDER, description="The folder of the backups in the container.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield it for every server that recovers from the newest base backup, and is compared."""
        for service in suiting.restored_servers(drill, "base-backup", FOLDER):
            yield cls(service=service), Expect.failed_by(suiting.CONTENT)

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing compares the table."""
        yield from compared.mistakes(drill, self.service)

    def needs(self) -> tuple[Need, ...]:
        """Return what forges and verifies."""
        return tuple(Need(self.service, tool) for tool in ("python3", "pg_verifybackup"))

    def spoil(self, lab: Lab) -> Finding:
        """Forge, and verify; raises StepFailedError when the newest backup has no file of the table."""
        relation = compared.tables(lab, self.service, self.relation)[0]
        backups = BaseBackups(lab, self.service, self.folder)
        backup = backups.newest()
        [(path,)] = lab.sql(self.service, f"SELECT pg_relation_filepath('{relation}')")
        file = lab.software(self.service).data_file(lab.access(self.service), relation)
        done = corrupt(lab, self.service, replace(file, path=f"{backup}/{path}"), length=1)
        backups.run(["python3", "-c", FORGE, backup, str(path)])
        verified = lab.execute(self.service, [*VERIFY, backup], user="postgres")
        rows = compared.compared_rows(lab, self.service, relation)
        return self.confirmation(
            f"{self.service}: a byte of {relation} is another in {backup}, whose manifest fits; "
            f"{rows} of its rows are compared",
            matters=done.is_there(lab, self.service) and done.used and verified.exit_code == 0 and rows > 0,
            seen={**done.seen, "compared_rows": rows, "verification": verified.output.strip()},
        )
