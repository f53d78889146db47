"""What evidence platforms take, and a folder in the bundle with just that, ready to be uploaded.

Sources, as of 2026-11: developer.vanta.com (documents API), help.drata.com and Drata's API v2 (evidence library),
Secureframe's help on upload tests, CISO Assistant's allowed attachments. 25 MB a file holds for all of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.exports.oscal_run import media_type
from reports.exports.package import pack
from reports.exports.pdf import pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from reports.controls.model import Control
    from reports.exports.dossier import Dossier
    from reports.exports.package import Dates, Package, Packed

MOST_BYTES = 25_000_000
REPORT, RECORD = "report.html", "record.json"


@dataclass(frozen=True)
class Platform:
    """One platform: the kinds of files it takes by their extensions, and what it calls the facts it wants of each."""

    name: str
    takes: frozenset[str]
    fields: Mapping[str, str]
    """Its own name of a field to ours."""
    control_ids: Callable[[Control], str | None] = lambda control: control.id


def _urn(control: Control) -> str | None:
    return control.xref.ciso_assistant


PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform(
            "vanta",
            frozenset({"pdf", "png", "jpg", "docx", "xlsx"}),
            {"description": "description", "effectiveAtDate": "effective"},
        ),
        Platform(
            "drata",
            frozenset({"pdf", "json", "csv", "md", "txt", "html", "log", "zip", "png", "jpg", "docx", "xlsx"}),
            {
                "name": "title",
                "description": "description",
                "filedAt": "effective",
                "renewalDate": "renewal",
                "controlIds": "controls",
                "stepsToReproduce": "verify",
            },
        ),
        Platform(
            "secureframe",
            frozenset({"pdf", "png", "jpg", "docx", "xlsx", "csv"}),
            {"name": "title", "description": "description", "activityCompletionDate": "effective"},
        ),
        Platform(
            "ciso-assistant",
            frozenset({"pdf", "json", "csv", "md", "txt", "log", "zip", "yaml", "xml", "svg", "png", "jpg"}),
            {
                "name": "title",
                "description": "description",
                "expiry_date": "renewal",
                "attachment_hash": "sha256",
                "requirements": "controls",
            },
            _urn,
        ),
    )
}


@dataclass
class Upload:
    """A folder for one platform, filled run by run; what cannot be taken is named."""

    platform: Platform
    package: Package
    evidence: Path
    items: list[dict[str, object]] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)

    def take(self, run: Dossier, controls: Sequence[Control], dates: Dates) -> None:
        """Add the evidence of a run: its report in a form that is taken, its record, and its whole folder packed."""
        says = f"Recovery drill {run.row.drill} of {run.row.system}, run {run.row.run}: {run.line.verdict}."
        ids = sorted({one for control in controls if (one := self.platform.control_ids(control))})
        listed = [self._list(packed, f"{run.row.drill} {run.row.run}", says, ids) for packed in self._files(run, dates)]
        if not any(listed):
            self._leave_out(run.where, run.says or "has no file of a kind and size that are taken")

    def table(self, packed: Packed, title: str) -> None:
        """Add a file of the whole window as it is, if such a file is taken."""
        name = packed.path.rpartition("/")[2]
        if self.takes(name):
            copy = self.package.take(self._path(name), packed.source, packed.sha256, "", packed.dates)
            self._list(copy, title, f"{title}.", [])

    def finish(self) -> None:
        """Add the list of what is to be uploaded."""
        told = {"platform": self.platform.name, "items": self.items, "left_out": self.left_out}
        self.package.add(self._path("upload.json"), json.dumps(told, indent=1) + "\n")

    def _files(self, run: Dossier, dates: Dates) -> Iterator[Packed]:
        """Yield the files of a run that were added."""
        digests = {file.path: file.sha256 for file in run.files}
        stem, folder = run.row.run, self.evidence / run.where
        if RECORD in digests and self.takes(RECORD):
            yield self.package.take(self._path(f"{stem}.json"), folder / RECORD, digests[RECORD], run.row.run, dates)
        if REPORT in digests:
            if self.takes(REPORT):
                path = self._path(f"{stem}.html")
                yield self.package.take(path, folder / REPORT, digests[REPORT], run.row.run, dates)
            else:
                page = (folder / REPORT).read_text(encoding="utf-8")
                yield self.package.add(self._path(f"{stem}.pdf"), pdf(page), run.row.run, dates)
        if digests and self.takes("folder.zip"):
            small = [file for file in run.files if (folder / file.path).stat().st_size <= MOST_BYTES]
            target = self.package.new_file()
            pack(target, ((file.path, folder / file.path, file.sha256) for file in small))
            yield self.package.adopt(self._path(f"{stem}.zip"), target, run.row.run, dates)
            for file in run.files:
                if file not in small:
                    self._leave_out(f"{run.where}/{file.path}", "is larger than the 25 MB that are taken")

    def takes(self, name: str) -> bool:
        """Return whether a file of such a name is taken."""
        return name.rpartition(".")[2] in self.platform.takes

    def _path(self, name: str) -> str:
        return f"audit_window/{self.platform.name}/{name}"

    def _leave_out(self, path: str, why: str) -> None:
        self.left_out.append({"path": path, "why": why})

    def _list(self, packed: Packed, title: str, says: str, controls: Sequence[str]) -> bool:
        """Add a file to the list, unless it is too large: then it is taken out of the package again."""
        if packed.size > MOST_BYTES:
            self.package.files.remove(packed)
            self._leave_out(packed.path, "is larger than the 25 MB that are taken")
            return False
        verify = "drillmaster verify BUNDLE.zip --trust KEY.pub"
        facts = {
            "title": title,
            "description": f"{says} SHA-256 {packed.sha256}. Check it: {verify}",
            "effective": str(packed.dates.effective),
            "renewal": str(packed.dates.renewal),
            "retain_until": str(packed.dates.retain_until),
            "sha256": packed.sha256,
            "controls": list(controls),
            "verify": verify,
        }
        name = packed.path.rpartition("/")[2]
        own = {theirs: facts[ours] for theirs, ours in self.platform.fields.items()}
        self.items.append({"file": name, "media_type": media_type(name), "bytes": packed.size, **facts, "fields": own})
        return True
