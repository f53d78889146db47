"""The sabotage `spoil-existing`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field

from orchestrator.core.drill import Expect
from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Moment, Need, Sabotage
from orchestrator.postgresql import found_barman, found_pgbackrest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab
    from reports.facts.events import Finding

SOURCE, COPY = "/mnt/existing", "/opt/spoilt"
COPIES = {SOURCE: COPY, "/mnt/archive": f"{COPY}-archive"}
"""Where what can only be read is copied to, in the service's container, to be spoilt."""
CONFIGURATIONS = (found_barman.CONFIGURATION, found_pgbackrest.CONFIGURATION)
"""Where a tool that reads the backup looks for the place that it lies at."""

# Copies, spoils one file of the copy, and prints which, and what shows that it is spoilt. The largest file of the
# picked backup holds rows, if it is not WAL, which may be unused; the last segment but one is a gap with something
# behind it.
SPOIL = r"""
import json, os, re, shutil, sys
asked = json.load(sys.stdin)
for source, copy in asked["copies"].items():
    if os.path.isdir(source):
        shutil.copytree(source, copy, symlinks=True)
    elif os.path.exists(source):
        shutil.copy2(source, copy)

def files(path):
    found = [os.path.join(at, name) for at, _, names in os.walk(path) for name in names] or [path]
    return [file for file in found if os.path.isfile(file) and not os.path.islink(file)]

def segments():
    named = ((re.match("([0-9A-F]{24})(?:[-.].*)?$", os.path.basename(file)), file) for file in files(asked["archive"]))
    return sorted((name[1], file) for name, file in named if name)

if asked["what"] == "missing-wal":
    archived = segments()
    name, file = archived[-2] if len(archived) > 1 else ("", "")
    if file:
        os.unlink(file)
    later = [other for other, _ in segments() if other > name]
    print(json.dumps({"file": file, "matters": bool(file) and name > asked["stop"] and bool(later)}))
else:
    file = max((file for file in files(asked["backup"]) if "/pg_wal/" not in file), key=os.path.getsize)
    half = os.path.getsize(file) // 2
    with open(file, "r+b") as opened:
        before = opened.read()
        if asked["what"] == "truncated":
            opened.truncate(half)
        else:
            opened.seek(half)
            opened.write(bytes([before[half] ^ 1]))
    with open(file, "rb") as opened:
        print(json.dumps({"file": file, "size": len(before), "matters": opened.read() != before}))
"""


class SpoilExisting(Sabotage):
    """Spoil a copy of an existing backup, and let the recovery use the copy; the backup itself cannot be written to.

    A byte in the middle of the picked backup's largest file is flipped, or that file cut in half, or the last archived
    WAL segment but one removed. Confirmed by reading it again, and of a segment by one that lies behind it.
    """

    main: ClassVar[str] = "what"
    example: ClassVar[str] = "spoil-existing: truncated"
    moment: ClassVar[Moment] = Moment.AFTER_PROTECT
    variants: ClassVar[tuple[str, ...]] = ("what",)

    what: Literal["flipped-byte", "truncated", "missing-wal"] = Field(description="How it is spoilt.")
    service: str = Field(default="db", description="The service that the backup is recovered into.")

    @classmethod
    def suited(cls, drill: Drill) -> Iterator[tuple[Self, Expect]]:
        """Yield both faults of an existing backup, and the gap where replay is to reach the end of an archive."""
        for step in drill.protect:
            if not step.existing:
                continue
            settings = step.model_dump(by_alias=True)
            for what in ("flipped-byte", "truncated"):
                yield cls(what=what, service=settings["service"]), Expect.failed_by("recovery-step")
            archived = settings["as"] in {"pgbackrest", "barman"} or settings["archive"]
            if archived and settings["until"] == "archive-end":
                # Barman keeps a list of its own of what it archived, and does not restore without all of that.
                by = "recovery-step" if settings["as"] == "barman" else "replayed-to-end"
                yield cls(what="missing-wal", service=settings["service"]), Expect.failed_by(by)

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that there is no existing backup to be spoilt."""
        if not drill.existing:
            yield "what", "no step of `protect` finds an existing backup"

    def needs(self) -> tuple[Need, ...]:
        """Return python3: it copies and spoils."""
        return (Need(self.service, "python3"),)

    def spoil(self, lab: Lab) -> Finding:
        """Copy, spoil, and turn the recovery to the copy; raises StepFailedError when that cannot be done."""
        lab.handed_back = _moved(lab.handed_back)
        asked = {"what": self.what, "copies": COPIES, **_places(lab)}
        done = lab.execute(
            self.service, ["python3", "-c", SPOIL], user="root", stdin=json.dumps(asked).encode(), timeout_s=600
        )
        if done.exit_code != 0:
            raise StepFailedError(f"{self.service}: the backup cannot be copied: {done.output.strip()[-300:]}")
        redirect = f"for file; do [ ! -e $file ] || sed --in-place 's#{SOURCE}#{COPY}#' $file; done"
        lab.execute(self.service, ["sh", "-c", redirect, "redirect", *CONFIGURATIONS], user="root")
        seen = json.loads(done.output)
        spoilt = seen["file"] or "there was nothing to spoil"
        says = f"{self.service}: {self.what.replace('-', ' ')} in a copy of the backup: {spoilt}"
        return self.confirmation(says, matters=seen["matters"], seen=seen)


def _places(lab: Lab) -> dict[str, str]:
    """Return where in the copy the picked backup lies, and the archive, and in which segment the backup ends."""
    told, made_with = lab.handed_back, lab.handed_back["existing"]["format"]
    backup = told.get("backup", "")
    inside = {
        "pgbackrest": f"{COPY}/backup/{told.get('pgbackrest_stanza')}/{backup}/pg_data",
        "barman": f"{COPY}/base/{backup}/data",
        "restic": f"{COPY}/data",
        "dump": told["dumps"]["databases"][0]["path"] if made_with == "dump" else "",
    }
    archives = {"pgbackrest": f"{COPY}/archive/{told.get('pgbackrest_stanza')}", "barman": f"{COPY}/wals"}
    return {
        "backup": inside.get(made_with, backup),
        "archive": archives.get(made_with, told.get("wal_archive", "")),
        "stop": told.get("drill_backup", {}).get("wal", {}).get("stop", ""),
    }


def _moved(told: Any) -> Any:
    """Return what playbooks are told, with the copy in place of the backup."""
    if isinstance(told, dict):
        return {name: _moved(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_moved(value) for value in told]
    if isinstance(told, str):
        for source, copy in COPIES.items():
            if told == source or told.startswith(f"{source}/"):
                return copy + told.removeprefix(source)
    return told
