"""What Barman's backup.info tells of a backup: lines of NAME=VALUE, as barman/infofile.py writes them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator.core.found import Backup

if TYPE_CHECKING:
    from collections.abc import Mapping

COPIED = ("DONE", "WAITING_FOR_WALS")
"""The status of a backup whose files are all there."""
_MAJOR = 10_000
"""From PostgreSQL 10 on its version's number is its major's so many times."""


def read_info(label: str, text: str) -> Backup | None:
    """Return the backup of that name; None for one that is not complete, or no backup of PostgreSQL 10 or later."""
    told: Mapping[str, str] = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    version = told.get("version", "")
    if told.get("status") not in COPIED or not version.isdigit():
        return None
    return Backup(
        label=label,
        major=str(int(version) // _MAJOR),
        server=_known(told, "systemid"),
        started=datetime.fromisoformat(told["begin_time"]),
        stopped=datetime.fromisoformat(told["end_time"]),
        facts={
            "type": "barman",
            "wal": {"start": _known(told, "begin_wal"), "stop": _known(told, "end_wal")},
            "database_bytes": _known(told, "size"),
        },
    )


def _known(told: Mapping[str, str], name: str) -> str:
    return "" if (value := told.get(name, "None")) == "None" else value
