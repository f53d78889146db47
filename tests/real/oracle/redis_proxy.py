"""A TCP proxy between the ledger and Redis that writes down what passes.

`python -m oracle.redis_proxy PORT LOG EVIDENCE SERVICE…` prints `ready` once it listens.
It reads the wire protocol itself: every RPUSHX of the ledger's (writer, sequence) and the server's answer to it.
One JSON line each: {"what": "sent"|"acknowledged", "writer", "sequence"}.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import IO, TextIO

from oracle.proxy import serve

REDIS = 6379
LEDGER = b"drillmaster:ledger"


def message(stream: IO[bytes]) -> tuple[bytes, list[bytes]]:
    """Return one command or reply as it came, and the words in it; raises ConnectionError at the end of the stream."""
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError
    if line[:1] == b"$" and int(line[1:]) >= 0:
        length = int(line[1:]) + 2
        if len(rest := stream.read(length)) < length:
            raise ConnectionError
        return line + rest, [rest[:-2]]
    if line[:1] == b"*":
        parts = [message(stream) for _ in range(max(0, int(line[1:])))]
        return line + b"".join(raw for raw, _ in parts), [word for _, words in parts for word in words]
    return line, [line[1:-2]]


def write_of(words: list[bytes]) -> tuple[int, int] | None:
    """Return writer and sequence of the ledger's write that a command is; None if it is none."""
    if words[:2] != [b"RPUSHX", LEDGER]:
        return None
    writer, sequence, _ = words[2].split()
    return int(writer), int(sequence)


class RedisConversation:
    """One connection of a client, watched in both directions."""

    def __init__(self, client: socket.socket, server: socket.socket, log: TextIO) -> None:
        self._client, self._server, self._log = client, server, log
        self._pending: deque[tuple[int, int] | None] = deque()

    def run(self) -> None:
        """Pass everything on until one side ends."""
        back = threading.Thread(target=self._answers, daemon=True)
        back.start()
        self._questions()
        back.join()
        for side in (self._client, self._server):
            side.close()

    def _questions(self) -> None:
        with suppress(OSError), self._client.makefile("rb") as stream:
            while True:
                raw, words = message(stream)
                write = write_of(words)
                self._pending.append(write)
                if write:
                    self._write("sent", write)
                self._server.sendall(raw)
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)

    def _answers(self) -> None:
        with suppress(OSError), self._server.makefile("rb") as stream:
            while True:
                raw, words = message(stream)
                asked = self._pending.popleft()
                self._client.sendall(raw)
                if asked and raw[:1] == b":" and int(words[0]) > 0:
                    self._write("acknowledged", asked)
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def _write(self, what: str, write: tuple[int, int]) -> None:
        self._log.write(json.dumps({"what": what, "writer": write[0], "sequence": write[1]}) + "\n")


if __name__ == "__main__":
    serve(sys.argv[1:], REDIS, RedisConversation)
