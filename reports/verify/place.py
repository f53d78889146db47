"""Where a run's evidence lies, and whose keys count: what every check of a run is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.verify.outcome import Checked, Fault, Level, Unchecked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from reports.verify.asked import Asked


@dataclass(frozen=True)
class Trust:
    """All keys there are, pinned or named by the register; which of them count; and what else was asked."""

    known: Mapping[str, Ed25519PublicKey]
    trusted: frozenset[str]
    asked: Asked

    @property
    def pinned(self) -> bool:
        """Return whether any key was pinned at all."""
        return bool(self.asked.pinned)


@dataclass(frozen=True)
class Place:
    """A run's folder, how it is called in what is told, and the trust it is held against."""

    folder: Path
    where: str
    trust: Trust
    named: bool
    """Whether the folder lies in an evidence directory, so that its path is that of the run."""

    def tampered(self, name: str, says: str, file: str = "") -> Fault:
        """Return a fault: something is not as it was left."""
        return Fault(Level.TAMPERED, name, self._at(file), says)

    def missing(self, name: str, says: str, file: str = "") -> Fault:
        """Return a fault: something is not there."""
        return Fault(Level.INCOMPLETE, name, self._at(file), says)

    def untrusted(self, name: str, says: str, file: str = "") -> Fault:
        """Return a fault: nobody known vouches for something."""
        return Fault(Level.UNTRUSTED, name, self._at(file), says)

    def checked(self, says: str) -> Checked:
        """Return that something of this run is in order."""
        return Checked(says, self.where)

    def unchecked(self, says: str) -> Unchecked:
        """Return that something of this run was not looked at, with the reason."""
        return Unchecked(says, self.where)

    def _at(self, file: str) -> str:
        return f"{self.where}/{file}" if file else self.where
