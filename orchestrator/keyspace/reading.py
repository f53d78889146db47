"""Reading all that a Redis holds, database by database, in batches."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from orchestrator.core.errors import StepFailedError
from orchestrator.keyspace.content import SOON_MS, Content, Group, Key
from orchestrator.software.redis import OWN, session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from redis import Redis

    from orchestrator.core.software_port import Access

BATCH = 500
PATIENCE_S = 30.0
"""Longest wait for the answer to one batch."""
LONGEST_GROUP = 40
NO_COLON = "(no colon)"
FUNCTIONS_SINCE = 7

READ: dict[bytes, Callable[[Any, bytes], object]] = {
    b"string": lambda server, name: server.get(name),
    b"list": lambda server, name: server.lrange(name, 0, -1),
    b"set": lambda server, name: server.smembers(name),
    b"hash": lambda server, name: server.hgetall(name),
    b"zset": lambda server, name: server.zrange(name, 0, -1, withscores=True),
    b"stream": lambda server, name: server.xrange(name),
}
"""How a key of each type is read as a whole."""


def take(access: Access, exclude: tuple[str, ...]) -> Content:
    """Return what the server holds but for the keys that `exclude` matches, and a drill's own.

    Raises StepFailedError with the server's message, or when there is a key of a module's type.
    """
    excluded = (f"{OWN}*", *exclude)
    with session(access, PATIENCE_S, text=False) as server:
        numbers = sorted(int(str(name).removeprefix("db")) for name in server.info("keyspace"))
        functions = _functions(server)
    databases = {}
    for number in map(str, numbers):
        with session(replace(access, database=number), PATIENCE_S, text=False) as server:
            databases[number] = _groups(server, excluded)
    with session(access, PATIENCE_S) as server:
        seconds, _ = server.time()
    return Content(
        excluded=excluded,
        read_at=seconds * 1000,
        functions=functions,
        databases={number: groups for number, groups in databases.items() if groups},
    )


def _functions(server: Redis) -> dict[str, str]:
    if int(server.info("server")["redis_version"].partition(".")[0]) < FUNCTIONS_SINCE:
        return {}
    told = _asked(server, [("FUNCTION", "LIST", "WITHCODE")])[0]
    libraries = [dict(zip(library[::2], library[1::2], strict=True)) for library in told]
    return {library[b"library_name"].decode(): _digest(library[b"library_code"]) for library in libraries}


def _groups(server: Redis, excluded: tuple[str, ...]) -> dict[str, Group]:
    names = sorted(
        {
            name
            for name in server.scan_iter(count=BATCH)
            if not matches(name.decode(errors="backslashreplace"), excluded)
        }
    )
    groups: dict[str, Group] = {}
    for first in range(0, len(names), BATCH):
        for name, key in _keys(server, names[first : first + BATCH]):
            groups.setdefault(_group(name), {})[_digest(name)] = key
    return groups


def _keys(server: Redis, names: Sequence[bytes]) -> Iterator[tuple[bytes, Key]]:
    questions = [("TIME",), *(one for name in names for one in (("TYPE", name), ("PTTL", name)))]
    (seconds, microseconds), *told = _asked(server, questions)
    now = int(seconds) * 1000 + int(microseconds) // 1000
    # What is gone already, or will be before it is read, is left out.
    there = [
        (name, kind, left)
        for name, kind, left in zip(names, told[::2], told[1::2], strict=True)
        if kind != b"none" and not 0 <= left < SOON_MS
    ]
    pipeline = server.pipeline(transaction=False)
    for name, kind, _ in there:
        if kind not in READ:
            raise StepFailedError(f"a key of {_group(name)} is of type {kind.decode()}, which cannot be compared")
        READ[kind](pipeline, name)
    for (name, kind, left), value in zip(there, _checked(pipeline.execute(raise_on_error=False)), strict=True):
        whole = (kind, _canonical(value), _readers(server, name) if kind == b"stream" else ())
        yield name, Key(_digest(repr(whole).encode()), None if left < 0 else now + left)


def _readers(server: Redis, name: bytes) -> object:
    """Return how far the consumer groups of a stream have read it."""
    wanted = (b"name", b"pending", b"last-delivered-id")
    told = [dict(zip(group[::2], group[1::2], strict=True)) for group in _asked(server, [("XINFO", "GROUPS", name)])[0]]
    return sorted(tuple(group[part] for part in wanted) for group in told)


def _asked(server: Redis, questions: Sequence[tuple[str | bytes, ...]]) -> list[Any]:
    """Return the replies as the server gives them."""
    pipeline: Any = server.pipeline(transaction=False)
    pipeline.response_callbacks = {}
    for question in questions:
        pipeline.execute_command(*question)
    return _checked(pipeline.execute(raise_on_error=False))


def _checked(replies: list[Any]) -> list[Any]:
    for reply in replies:
        # Here, for the library would name the key in its message.
        if isinstance(reply, Exception):
            raise StepFailedError(str(reply))
    return replies


def _canonical(value: Any) -> object:
    """Return a value in the one order that it has on every server."""
    if isinstance(value, dict):
        return sorted(value.items())
    return sorted(value) if isinstance(value, set) else value


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Return whether a key is one that any of the patterns means."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _group(name: bytes) -> str:
    head, colon, _ = name.partition(b":")
    return f"{head.decode(errors='backslashreplace')[:LONGEST_GROUP]}:*" if colon else NO_COLON


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()
