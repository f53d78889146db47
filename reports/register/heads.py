"""A head: one line that says how far a register reached, to be kept where the register's keeper cannot change it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.register.chain import Register

LINE = re.compile(
    r"drillmaster-head v1 (?P<register_id>[0-9a-f]{32}) (?P<seq>[1-9]\d{0,17}) (?P<sha256>[0-9a-f]{64}) "
    r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"
)


class BadHeadError(Exception):
    """What was given is no head."""


@dataclass(frozen=True)
class Head:
    """An entry's place: the register's id, the entry's number, hash and time. Its text is what a time stamp covers."""

    register_id: str
    seq: int
    sha256: str
    at: str

    def __str__(self) -> str:
        return f"drillmaster-head v1 {self.register_id} {self.seq} {self.sha256} {self.at}"


def head_of(register: Register, seq: int) -> Head:
    """Return the head that a register had when `seq` was its last entry; raises IndexError when it has none such."""
    if not 1 <= seq <= len(register.entries):
        raise IndexError(seq)
    entry = register.entries[seq - 1]
    return Head(entry.register_id, entry.seq, register.hashes[seq - 1], entry.at)


def parse(line: str) -> Head:
    """Return the head of a line; raises BadHeadError."""
    found = LINE.fullmatch(line.strip())
    if found is None:
        raise BadHeadError("no head: it reads `drillmaster-head v1 REGISTER NUMBER SHA256 TIME`")
    return Head(found["register_id"], int(found["seq"]), found["sha256"], found["at"])
