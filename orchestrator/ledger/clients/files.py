"""A file service over HTTP: one write is one small file, named by its writer and its number."""

from __future__ import annotations

import re
from contextlib import contextmanager
from http.client import HTTPException
from json import loads
from time import monotonic_ns
from typing import TYPE_CHECKING

from orchestrator.ledger.clients import AttemptFailedError, Identity, numbered, other_payload
from orchestrator.ledger.clients.sockets import reset_on_close
from orchestrator.software.files import IDENTITY, LEDGER, StatusError, Store, says

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reports.facts.ledger import Row

A_MISTAKE = 4
"""What the statuses begin with that find fault with the request."""
INSUFFICIENT_STORAGE = 507
A_FOLDER_HOLDS = 100
"""So many files at most: to find any one of them, the reader lists a folder of each level."""
NAME = re.compile(rf"{LEDGER}/(0|[1-9]\d*)/(0|[1-9]\d*)/([1-9]\d*)")
PAYLOAD = re.compile(rb"-?\d+\n")


def is_definite(status: int) -> bool:
    """Return whether an answer is the server's definite no: it took the request for wrong, or had no room for it.

    Any other 5xx may come of a server, or of a proxy before it, that broke down after the file was there.
    """
    return status // 100 == A_MISTAKE or status == INSUFFICIENT_STORAGE


def path_of(writer: int, sequence: int) -> str:
    """Return where a write lies in the service: one path, so that nothing can be present twice."""
    return f"{LEDGER}/{writer}/{sequence // A_FOLDER_HOLDS}/{sequence}"


def row_from(path: str, content: bytes) -> Row:
    """Return the row in a file; what is no payload counts as another one than was sent, by its digest.

    Raises AttemptFailedError when no ledger writes a file there.
    """
    match = NAME.fullmatch(path)
    if match is None or path_of(int(match[1]), int(match[3])) != path:
        raise AttemptFailedError("there is a file that no ledger writes", definite=True)
    payload = int(content) if PAYLOAD.fullmatch(content) else None
    return numbered(int(match[1]), int(match[3]), other_payload(content) if payload is None else payload, "folder")


def identity_from(raw: bytes) -> Identity:
    """Return who a file service says it is; raises AttemptFailedError when that is not what a drill's says."""
    with _failing():
        who = loads(raw)
        return Identity(str(who["system"]), 1, str(who["started"]))


class FilesClient:
    """A Client of a file service whose image tells who it is."""

    def __init__(self, *, user: str, database: str, password: str) -> None:  # noqa: ARG002 - every client's signature
        self._store = Store(user, password)

    def connect(self, endpoint: tuple[str, int], deadline: int) -> Identity:
        """Connect, and ask for the name of the files, which a restored copy keeps, and the server's start."""
        with _failing():
            self._store.connect(endpoint, deadline)
            reset_on_close(self._store.descriptor)
            raw = self._store.get(IDENTITY, deadline)
        return identity_from(raw)

    def write(self, row: Row, deadline: int) -> int:
        """Put one file; the server has no log to have a position in."""
        with _failing():
            self._store.put(path_of(row.writer, row.sequence), b"%d\n" % row.payload, deadline)
        return 0

    def read(self, deadline: int, *, expect_row: bool) -> None:
        """Read any one file."""
        with _failing():
            path = next(self._store.below(LEDGER, lambda: deadline), None)
            if path is not None:
                self._store.get(path, deadline)
            elif expect_row:
                raise AttemptFailedError("the folder is empty", definite=True)

    def read_all(self, keep: Callable[[Row], None], patience_ns: int) -> int | None:
        """Read every file, folder by folder; None, for the server has no position."""

        def patience() -> int:
            return monotonic_ns() + patience_ns

        with _failing():
            for path in self._store.below(LEDGER, patience):
                keep(row_from(path, self._store.get(path, patience())))
        return None

    def close(self) -> None:
        """Close the socket; what the server was about to do, it may still do."""
        self._store.close()


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except StatusError as error:
        raise AttemptFailedError(says(error), sqlstate=str(error.status), definite=is_definite(error.status)) from error
    except (OSError, HTTPException) as error:
        raise AttemptFailedError(says(error)) from error
    except (ValueError, KeyError, TypeError) as error:  # no JSON, or another
        raise AttemptFailedError("the answer is not that of a drill's file service", definite=True) from error
