"""Keys altered behind everybody's back: what a recovery that loses or damages single keys leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from orchestrator.keyspace.reading import matches
from orchestrator.software.redis import OWN, session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redis import Redis

    from orchestrator.core.software_port import Access

How = Literal["delete", "value", "expiry"]
PATIENCE_S = 10.0
HOUR_MS = 3_600_000


def alter(access: Access, how: How, keys: int, exclude: tuple[str, ...]) -> int:
    """Alter so many keys of the database, none that `exclude` matches, and return how many were altered.

    `value` alters strings only. Raises StepFailedError with the server's message.
    """
    with session(access, PATIENCE_S) as server:
        names = sorted(name for name in server.scan_iter(_type="string" if how == "value" else None))
        chosen = [name for name in names if not matches(name, (f"{OWN}*", *exclude))][:keys]
        return sum(_altered(server, how, chosen))


def _altered(server: Redis, how: How, names: list[str]) -> Iterator[bool]:
    for name in names:
        if how == "delete":
            yield server.delete(name) == 1
        elif how == "value":
            yield server.append(name, "x") == server.strlen(name)
        else:
            yield bool(server.pexpire(name, max(0, server.pttl(name)) + HOUR_MS))
