"""A restic repository that somebody else fills: what restic itself tells of it, asked for in the lab."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from orchestrator.core.errors import StepFailedError
from orchestrator.core.found import Backup, Found, Replay, as_root
from orchestrator.software.files import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.lab import Lab
    from reports.facts.existing import Method

KEY = "/etc/restic/existing-key"


@dataclass(frozen=True)
class Snapshots:
    """The snapshots of a repository; with `of` (HOST:PATH) those of one tree, for it may hold those of many."""

    software: ClassVar[str] = ""
    dated_by: ClassVar[Method] = "snapshot-start"

    source: str
    key: str = field(repr=False)
    of: str | None

    def find(self, lab: Lab, service: str) -> Found:
        """Return the snapshots; raises StepFailedError with restic's own words, or if they are of several trees."""
        as_root(lab, service, ["install", "-D", "--mode=0600", "/dev/stdin", KEY], self.key.encode())
        argv = ["restic", f"--repo={self.source}", f"--password-file={KEY}", "snapshots", "--no-lock", "--json"]
        done = lab.execute(service, argv, user="root")
        if done.exit_code != 0:
            raise StepFailedError(
                f"{service}: restic cannot read the repository: {' '.join(done.output.split())}",
                hint="is it of this version, whole, and the key its own?",
            )
        told = sorted(json.loads(done.output) or [], key=lambda one: datetime.fromisoformat(one["time"]))
        trees = sorted({_tree(one) for one in told})
        if self.of is not None and told and self.of not in trees:
            raise StepFailedError(f"no snapshot is of {self.of}; they are of: {', '.join(trees)}", hint="set `of`")
        if self.of is None and len(trees) > 1:
            raise StepFailedError(
                f"the snapshots are of several trees: {', '.join(trees)}", hint="choose one of them with `of`"
            )
        return Found(tuple(_backup(one) for one in told if self.of in (None, _tree(one))))

    def require_fitting(self, lab: Lab, service: str, backup: Backup) -> None:
        """Raise nothing: restic has read the repository, and would not have if it were of a newer format."""

    def told(self, backup: Backup) -> dict[str, Any]:
        """Return what the restoring playbook must be told."""
        return {"repository": self.source, "key": KEY, "snapshot": backup.label, "tree": ROOT}

    def replay(self, lab: Lab, service: str) -> Replay:  # noqa: ARG002 - the format's signature
        """Return that there was none: a snapshot is of the time that it took."""
        return Replay()


def _backup(told: Mapping[str, Any]) -> Backup:
    began = datetime.fromisoformat(told["time"])
    return Backup(label=told["short_id"], started=began, facts={"type": "snapshot", "of": _tree(told)})


def _tree(told: Mapping[str, Any]) -> str:
    return f"{told['hostname']}:{','.join(told['paths'])}"
