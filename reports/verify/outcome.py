"""What verifying comes to: faults, what was looked at, and what was not and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class Level(IntEnum):
    """How bad a fault is; its number is the exit code, and of several faults the lowest number is told."""

    TAMPERED = 1
    INCOMPLETE = 3
    UNTRUSTED = 4
    ANCHOR = 5


@dataclass(frozen=True, order=True)
class Fault:
    """Something is not as it was left, or nobody known vouches for it."""

    level: Level
    name: str
    where: str
    says: str


@dataclass(frozen=True, order=True)
class Checked:
    """Something was looked at and found in order."""

    says: str
    where: str = ""


@dataclass(frozen=True, order=True)
class Unchecked:
    """Something was not looked at, or cannot be told from here; `says` holds the reason."""

    says: str
    where: str = ""


Remark = Fault | Checked | Unchecked


@dataclass(frozen=True)
class Outcome:
    """All remarks of one verification, as of the register's last entry (empty: there is no register)."""

    what: str
    as_of: str
    keys: tuple[str, ...]
    """Ids of the keys that were pinned; none: nobody said whom to trust."""
    remarks: tuple[Remark, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Return the faults, the worst first."""
        return tuple(sorted(remark for remark in self.remarks if isinstance(remark, Fault)))

    @property
    def exit_code(self) -> int:
        """Return 0, or the code of the worst fault."""
        return min((fault.level.value for fault in self.faults), default=0)

    @property
    def checked(self) -> dict[str, tuple[str, ...]]:
        """Return what was found in order, each with where."""
        return _grouped(remark for remark in self.remarks if isinstance(remark, Checked))

    @property
    def unchecked(self) -> dict[str, tuple[str, ...]]:
        """Return what was not checked and why, each with where."""
        return _grouped(remark for remark in self.remarks if isinstance(remark, Unchecked))

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as it is printed for machines."""
        return {
            "what": self.what,
            "exit_code": self.exit_code,
            "as_of": self.as_of,
            "keys": self.keys,
            "faults": [
                {"level": fault.level.name.lower(), "name": fault.name, "where": fault.where, "says": fault.says}
                for fault in self.faults
            ],
            "checked": self.checked,
            "not_checked": self.unchecked,
        }


def _grouped(remarks: Iterable[Checked | Unchecked]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for remark in remarks:
        found.setdefault(remark.says, []).extend([remark.where] if remark.where else [])
    return {says: tuple(where) for says, where in found.items()}
