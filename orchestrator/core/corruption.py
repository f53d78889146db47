"""Bytes of a data file that turn into others on disk, as a rotten disk makes them: put there, and looked for again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from orchestrator.core.errors import StepFailedError

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.core.software_port import DataFile

DRAWS = 20
"""How many pages are drawn before a file is taken for empty."""
MOST_BYTES = 4096


@dataclass(frozen=True)
class Corruption:
    """What was put over the bytes of a file. It holds nothing of what they were."""

    path: str
    at: int
    put: str
    """In hexadecimal."""
    used: bool
    """Whether it lies where the file holds data."""

    @property
    def seen(self) -> dict[str, object]:
        """Return it as the figures of a finding."""
        return asdict(self)

    def is_there(self, lab: Lab, service: str) -> bool:
        """Return whether the file on disk holds it now; raises CannotRunError when that cannot be read."""
        put = bytes.fromhex(self.put)
        return lab.read_file(service, self.path, self.at, len(put)) == put


def corrupt(lab: Lab, service: str, file: DataFile, length: int, at: int | None = None) -> Corruption:
    """Put `length` other bytes into a file on disk: at `at`, or else where the lab's random numbers choose.

    Raises StepFailedError when it finds no place for them, CannotRunError when the file cannot be changed.
    """
    at = _drawn(lab, service, file, length) if at is None else at
    page, start = _page(lab, service, file, at), at % file.page
    before = page[start : start + length]
    if len(before) < length:
        raise StepFailedError(f"{service}: {file.path}: {length} bytes at {at} do not lie within one of its pages")
    put = bytes((byte + lab.random.randrange(1, 256)) % 256 for byte in before)
    lab.overwrite(service, file.path, at, put)
    used = file.used(page)
    return Corruption(file.path, at, put.hex(), used=used.start <= start and start + length <= used.stop)


def _drawn(lab: Lab, service: str, file: DataFile, length: int) -> int:
    for _ in range(DRAWS):
        first = lab.random.randrange(file.pages) * file.page
        used = file.used(_page(lab, service, file, first))
        if len(used) >= length:
            return first + lab.random.randrange(used.start, used.stop - length + 1)
    raise StepFailedError(f"{service}: {file.path}: none of {DRAWS} pages drawn at random holds {length} bytes of data")


def _page(lab: Lab, service: str, file: DataFile, at: int) -> bytes:
    return lab.read_file(service, file.path, at - at % file.page, file.page)
