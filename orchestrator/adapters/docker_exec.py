"""One command inside a container: its input and output go over one connection to the engine."""

from __future__ import annotations

import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from socket import SHUT_WR
from typing import TYPE_CHECKING, Any

from orchestrator.core.docker_port import Completed

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
HEADER = struct.Struct(">BxxxL")
HALF = 500_000
"""Bytes of output kept from its beginning, and as many from its end."""
POLL_S = 0.005


@dataclass(frozen=True)
class Command:
    """What to run, as whom (the image's user when empty), and what it reads."""

    argv: Sequence[str]
    user: str = ""
    stdin: bytes = b""


def run(api: Any, container: str, command: Command, within_s: float) -> Completed:
    """Run a command inside a container; raises TimeoutError when its output has not ended after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    number = api.exec_create(container, list(command.argv), user=command.user, stdin=bool(command.stdin))["Id"]
    connection: Any = api.exec_start(number, socket=True)
    # Read through the response's own buffer: it may already hold output that came along with the HTTP header.
    buffered, raw = connection._response.raw._fp.fp, connection._sock  # noqa: SLF001 - the SDK offers no other way
    try:
        if command.stdin:
            threading.Thread(target=_feed, args=(raw, command.stdin), daemon=True).start()
        output = _Ends()
        while True:
            raw.settimeout(max(deadline - time.monotonic(), POLL_S))
            header = buffered.read(HEADER.size)
            if len(header) < HEADER.size:
                break
            output.add(buffered.read(HEADER.unpack(header)[1]))
    finally:
        connection._response.close()  # noqa: SLF001
    return Completed(_exit_code(api, number, deadline), output.text())


def _feed(raw: socket.socket, stdin: bytes) -> None:
    # A command that ends before it has read everything breaks the connection; its exit code tells what that means.
    with suppress(OSError):
        raw.sendall(stdin)
        raw.shutdown(SHUT_WR)


def _exit_code(api: Any, number: str, deadline: float) -> int:
    """Return the exit code, which the engine may learn a little later than that the output has ended."""
    while time.monotonic() < deadline:
        seen = api.exec_inspect(number)
        if not seen["Running"]:
            return int(seen["ExitCode"])
        time.sleep(POLL_S)
    raise TimeoutError


class _Ends:
    """Beginning and end of a text of any length."""

    def __init__(self) -> None:
        self._head, self._tail, self._left_out = bytearray(), bytearray(), 0

    def add(self, part: bytes) -> None:
        room = HALF - len(self._head)
        self._head += part[:room]
        self._tail += part[room:]
        if (surplus := len(self._tail) - HALF) > 0:
            del self._tail[:surplus]
            self._left_out += surplus

    def text(self) -> str:
        gap = f"\n[{self._left_out} bytes left out]\n".encode() if self._left_out else b""
        return (self._head + gap + self._tail).decode(errors="replace")
