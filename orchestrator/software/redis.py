"""Redis: how its container is configured, when it is ready, and what it says of itself."""

from __future__ import annotations

import re
import shlex
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from orchestrator.core.errors import NotReadyError, StepFailedError, StepTimedOutError
from orchestrator.core.instants import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from orchestrator.core.declared_lab import Service
    from orchestrator.core.software_port import Access, Archiver, DataFile

PASSWORD_FILE = "/run/secrets/redis_password"  # noqa: S105 - a path, no password
CONNECT_TIMEOUT_S = 2.0
PROBE_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 2.0

# A list: what is replayed twice stands in it twice, which no stream (its numbers only grow) and no hash would show.
# Its head is there before the first row, for Redis keeps no empty list: rows are put into a list that is there, so a
# server that lost it refuses them instead of beginning anew.
LEDGER, HEAD = "drillmaster:ledger", "writer sequence payload"
NUMBERED = "redis numbers its databases"
OWN = "drillmaster:"
"""How the names of all keys begin that a drill itself makes."""

BOUNDING = (
    "aof-load-truncated",
    "aof-use-rdb-preamble",
    "appendfsync",
    "appendonly",
    "auto-aof-rewrite-min-size",
    "auto-aof-rewrite-percentage",
    "maxmemory",
    "maxmemory-policy",
    "min-replicas-max-lag",
    "min-replicas-to-write",
    "no-appendfsync-on-rewrite",
    "rdbchecksum",
    "rdbcompression",
    "save",
    "stop-writes-on-bgsave-error",
)
SECRET = ("masterauth", "requirepass", "tls-client-key-file-pass", "tls-key-file-pass")
"""Settings that hold passwords."""

LINE = re.compile(r"(?P<engine>\S+) (?:\d+:[A-Z] .{24} )?[*#.-] (?P<message>.+)")
MARKS = {
    "process-started": re.compile(r"oO0OoO0OoO0Oo Redis is starting"),
    "redo-started": re.compile(r"Loading RDB produced by version|Reading RDB base file on AOF loading"),
    "redo-done": re.compile(r"DB loaded from "),
    "accepting-connections": re.compile(r"Ready to accept connections"),
}
"""A start from several files says the middle two of each: the first that begins and the last that ends count."""


class Redis:
    """Redis 6 or newer, in an image that keeps the official image's contract and takes its password from a file."""

    type = "redis"
    port = 6379
    user = "default"
    database = "0"
    # The append-only file can be annotated with whole seconds.
    target_step_us = 1_000_000
    numbers_for_booleans = True
    keeps_data = True

    def environment(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return where the image finds the password."""
        return {"REDIS_PASSWORD_FILE": PASSWORD_FILE}

    def secrets(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return the application's password and where it lies."""
        return {"password": PASSWORD_FILE}

    def command(self, service: Service) -> tuple[str, ...]:
        """Return the server's command line: each setting as one option, its words as a shell would split them.

        Raises ValueError with what is wrong with a setting, or with the database's number.
        """
        if service.database and not service.database.isdecimal():
            raise ValueError(f"database: {NUMBERED}, and {service.database!r} is no number")
        words = ((f"--{name}", *(_words(name, value) or ("",))) for name, value in service.settings.items())
        return ("redis-server", *(word for option in words for word in option))

    def probe(self, access: Access, *, history: bool) -> None:
        """Return when the application's role may write here and, with `history`, finds rows in the ledger's list.

        The write is one that changes nothing, so that asking does not change what a crash would leave. Raises
        NotReadyError with what was seen.
        """
        try:
            with session(access, PROBE_TIMEOUT_S) as server:
                if server.info("persistence")["loading"]:
                    raise NotReadyError("it answers, but is still loading its data")
                server.setrange(f"{OWN}writable", 0, "")
                if history and server.lindex(LEDGER, 1) is None:
                    raise NotReadyError(f"it takes writes, but not on the data of before: {LEDGER} is empty")
        except StepFailedError as error:
            raise NotReadyError(error.message) from None

    def version(self, access: Access) -> str:
        """Return the server's version."""
        with session(access, READ_TIMEOUT_S) as server:
            return str(server.info("server")["redis_version"])

    def bounding_settings(self, access: Access) -> dict[str, str]:
        """Return those of BOUNDING that this version knows."""
        return {name: value for name, value in self.settings(access).items() if name in BOUNDING}

    def settings(self, access: Access) -> dict[str, str]:
        """Return every setting; of what holds a password only whether it is set.

        Raises StepFailedError, or StepTimedOutError after READ_TIMEOUT_S.
        """
        with session(access, READ_TIMEOUT_S) as server:
            known = {str(name): str(value) for name, value in server.config_get("*").items()}
        return {name: "(set)" if value and name in SECRET else value for name, value in sorted(known.items())}

    def archiver(self, access: Access) -> Archiver | None:  # noqa: ARG002 - the port's signature
        """Return None: Redis archives nothing by itself."""
        return None

    def prepare_ledger(self, access: Access) -> None:
        """Make the ledger's list, of its head alone; raises StepFailedError with the server's message."""
        self.execute(access, shlex.join(("RPUSH", LEDGER, HEAD)))

    def execute(self, access: Access, statement: str, *, timeout_s: float = 60.0) -> list[tuple[object, ...]]:
        """Run commands, one a line, in order, and return the reply of the last: a list as one row for each element.

        Words are split and quoted as in a shell, and hold no line break; lines that are blank or begin with # are
        passed over. Nothing undoes the commands before one that fails. Raises StepFailedError with the server's
        message, StepTimedOutError past `timeout_s`.
        """
        lines = [line for line in map(str.strip, statement.splitlines()) if line and not line.startswith("#")]
        reply: Any = None
        with session(access, timeout_s) as server:
            # Replies as the server gives them, not what the library makes of those that it knows.
            server.response_callbacks.clear()
            for words in map(_command, lines):
                reply = cast("Any", server).execute_command(*words)
        if isinstance(reply, list):
            return [tuple(one) if isinstance(one, list) else (one,) for one in reply]
        return [] if reply is None else [(reply,)]

    def data_file(self, access: Access, relation: str) -> DataFile:  # noqa: ARG002 - the port's signature
        """Raise StepFailedError: Redis keeps no key in a file of its own."""
        raise StepFailedError(
            f"{relation}: redis keeps all keys in memory, none of them in a file of its own",
            hint="spoil its RDB or AOF files instead",
        )

    def server_time(self, access: Access) -> str:
        """Return the server's clock in UTC."""
        with session(access, READ_TIMEOUT_S) as server:
            seconds, microseconds = server.time()
        return utc_text(datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds))

    def server_marks(self, log: str) -> list[tuple[str, str]]:
        """Return the marks of a log whose lines the container engine has stamped.

        The engine's stamp is taken: the server's own is in whatever zone its machine is in.
        """
        marks: list[tuple[str, str]] = []
        for line in filter(None, map(LINE.match, log.splitlines())):
            mark = next((mark for mark, message in MARKS.items() if message.match(line["message"])), None)
            repeated = bool(marks) and marks[-1][0] == mark
            if mark is None or (repeated and mark == "redo-started"):
                continue
            if repeated and mark == "redo-done":
                marks.pop()
            marks.append((mark, utc_text(datetime.fromisoformat(line["engine"]))))
        return marks


@contextmanager
def session(access: Access, timeout_s: float, *, text: bool = True) -> Iterator[redis.Redis]:
    """Yield a session that waits `timeout_s` for each answer, and reads as text or else as bytes.

    Raises StepFailedError with the server's message, StepTimedOutError past `timeout_s`.
    """
    if not access.database.isdecimal():
        raise StepFailedError(f"{NUMBERED}, and {access.database!r} is no number")
    # Its import takes a tenth of a second, which every command of ours would pay.
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    server = redis.Redis(
        host=access.host,
        port=access.port,
        username=access.user,
        password=access.password,
        db=int(access.database),
        socket_timeout=timeout_s,
        socket_connect_timeout=min(timeout_s, CONNECT_TIMEOUT_S),
        # A command that was sent again could be done twice.
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        decode_responses=text,
        # Values are any bytes; those that are no UTF-8 are told by their numbers, which every file can hold.
        encoding_errors="backslashreplace",
    )
    try:
        yield server
    except redis.TimeoutError:
        raise StepTimedOutError(f"no answer within {timeout_s:g} s") from None
    except redis.RedisError as error:
        raise StepFailedError(str(error)) from None
    finally:
        server.close()


def information(text: str) -> dict[str, str]:
    """Return what INFO says, by name."""
    pairs = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, colon, value in pairs if colon}


def _command(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise StepFailedError(f"a line of commands cannot be split into words: {error}".lower()) from None


def _words(name: str, value: str | float | bool) -> tuple[str, ...]:  # noqa: FBT001 - the value of a setting
    if isinstance(value, bool):
        return ("yes",) if value else ("no",)
    try:
        return tuple(shlex.split(str(value)))
    except ValueError as error:
        raise ValueError(f"settings.{name}: cannot be split into words: {error}".lower()) from None
