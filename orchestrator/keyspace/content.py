"""What a Redis holds, in a form that two moments or two machines can be compared by.

A key is known by a digest of its name, its value by another: neither names nor values get into evidence. Keys are told
by their group, which is what stands before their first colon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

SOON_MS = 1000
"""What expires within this is left out: it may be gone before it is read."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Key(NamedTuple):
    """A key's type and value as a digest, and when it expires by the server's clock (Unix milliseconds)."""

    digest: str
    expires: int | None


Group = dict[str, Key]
"""Digest of a key's name to the key."""


class Content(_Value):
    """What a server holds. It was read while nobody changed it, but for what was left out."""

    excluded: tuple[str, ...] = Field(description="Patterns of the keys that were left out.")
    read_at: int = Field(description="When it had been read, by the server's clock (Unix milliseconds).")
    functions: dict[str, str] = Field(description="Library of functions to digest of its code.")
    databases: dict[str, dict[str, Group]] = Field(description="Database to group to its keys.")

    @property
    def totals(self) -> dict[str, int]:
        """Return how much was looked at."""
        groups = [group for database in self.databases.values() for group in database.values()]
        return {
            "databases": len(self.databases),
            "keys": sum(map(len, groups)),
            "expiring": sum(key.expires is not None for group in groups for key in group.values()),
            "functions": len(self.functions),
        }


def differences(before: Content, after: Content, tolerance_ms: int) -> Iterator[str]:
    """Yield one sentence for everything that is not as it was.

    What has expired since may be gone. A key may expire `tolerance_ms` earlier or later than it would have.
    """
    gone_by = after.read_at + max(tolerance_ms, SOON_MS)
    for name in sorted(before.functions.keys() | after.functions.keys()):
        if before.functions.get(name) != after.functions.get(name):
            yield f"functions: library {name} {_how(name, before.functions, after.functions)}"
    for database in sorted(before.databases.keys() | after.databases.keys()):
        was, now = before.databases.get(database, {}), after.databases.get(database, {})
        for group in sorted(was.keys() | now.keys()):
            for count, what in _changed(was.get(group, {}), now.get(group, {}), gone_by, tolerance_ms):
                if count:
                    yield f"db{database}: {group}: {what.format(count=count, of=len(was.get(group, {})))}"


def _how(name: str, before: Collection[str], after: Collection[str]) -> str:
    return "changed" if name in before and name in after else "missing" if name in before else "added"


def _changed(was: Group, now: Group, gone_by: int, tolerance_ms: int) -> Iterator[tuple[int, str]]:
    both = [(was[name], now[name]) for name in was.keys() & now.keys()]
    lost = (was[name] for name in was.keys() - now.keys())
    yield sum(key.expires is None or key.expires > gone_by for key in lost), "{count} of {of} keys missing"
    yield len(now.keys() - was.keys()), "{count} keys added"
    yield sum(a.digest != b.digest for a, b in both), "{count} of {of} keys have other values"
    yield (
        sum(not _as_long(a.expires, b.expires, tolerance_ms) for a, b in both),
        "{count} of {of} keys expire at another time",
    )


def _as_long(was: int | None, now: int | None, tolerance_ms: int) -> bool:
    return was == now if was is None or now is None else abs(was - now) <= tolerance_ms
