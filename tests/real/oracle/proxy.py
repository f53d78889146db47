"""A TCP proxy between the ledger and PostgreSQL that writes down what passes.

`python -m oracle.proxy PORT LOG EVIDENCE SERVICE…` prints `ready` once it listens.
It reads the wire protocol itself: every Bind of the ledger's insert (writer, sequence) and the server's answer to it,
with the transaction's id. One JSON line each: {"what": "sent"|"acknowledged", "writer", "sequence", "xid", "at"}.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TextIO

from oracle.lab_address import LabAddress, close_hard

POSTGRES = 5432
NOT_YET_A_PROTOCOL = {80877103, 80877104}  # SSLRequest, GSSENCRequest


class Watched(Protocol):
    """One connection of a client, watched."""

    def run(self) -> None:
        """Pass everything on until one side ends."""


def receive(source: socket.socket, size: int) -> bytes:
    """Return exactly `size` bytes; raises ConnectionError at the end of the stream."""
    parts = bytearray()
    while len(parts) < size:
        if not (part := source.recv(size - len(parts))):
            raise ConnectionError
        parts += part
    return bytes(parts)


class Conversation:
    """One connection of a client, watched in both directions."""

    def __init__(self, client: socket.socket, server: socket.socket, log: TextIO) -> None:
        self._client, self._server, self._log = client, server, log
        self._inserts: set[bytes] = set()
        self._pending: deque[tuple[int, int] | None] = deque()
        self._row: bytes | None = None

    def run(self) -> None:
        """Pass everything on until one side ends."""
        with suppress(OSError):
            self._start()
            back = threading.Thread(target=self._answers, daemon=True)
            back.start()
            self._questions()
            back.join()
        for side in (self._client, self._server):
            side.close()

    def _start(self) -> None:
        while True:
            head = receive(self._client, 8)
            length, code = struct.unpack("!II", head)
            self._server.sendall(head + receive(self._client, length - 8))
            if code not in NOT_YET_A_PROTOCOL:
                return
            self._client.sendall(receive(self._server, 1))

    def _questions(self) -> None:
        try:
            while True:
                kind, body = self._message(self._client)
                if kind == b"P":
                    name, query, _ = body.split(b"\0", 2)
                    if query.strip().startswith(b"INSERT INTO drillmaster.ledger"):
                        self._inserts.add(name)
                elif kind == b"B":
                    self._bound(body)
                elif kind == b"Q":
                    self._pending.append(None)
                self._server.sendall(kind + struct.pack("!I", len(body) + 4) + body)
        except OSError:
            self._server.shutdown(socket.SHUT_RDWR)

    def _bound(self, body: bytes) -> None:
        _, statement, rest = body.split(b"\0", 2)
        if statement not in self._inserts:
            return
        (formats,) = struct.unpack_from("!H", rest)
        at = 2 + 2 * formats
        (count,) = struct.unpack_from("!H", rest, at)
        at += 2
        values = []
        for _ in range(count):
            (length,) = struct.unpack_from("!I", rest, at)
            values.append(int(rest[at + 4 : at + 4 + length]))
            at += 4 + length
        self._pending.append((values[0], values[1]))
        self._write("sent", values[0], values[1], None)

    def _answers(self) -> None:
        try:
            while True:
                kind, body = self._message(self._server)
                acknowledged = self._seen(kind, body)
                self._client.sendall(kind + struct.pack("!I", len(body) + 4) + body)
                if acknowledged:
                    self._write("acknowledged", *acknowledged)
        except OSError:
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)

    def _seen(self, kind: bytes, body: bytes) -> tuple[int, int, int] | None:
        """Return (writer, sequence, xid) when the server is ready again after an insert's row."""
        if kind == b"D":
            self._row = body
        elif kind == b"E":
            self._row = None
        elif kind == b"Z" and self._pending:
            row, self._row = self._row, None
            asked = self._pending.popleft()
            if asked and row:
                return (*asked, self._xid(row))
        return None

    @staticmethod
    def _xid(row: bytes) -> int:
        (first,) = struct.unpack_from("!I", row, 2)
        (second,) = struct.unpack_from("!I", row, 6 + first)
        return int(row[10 + first : 10 + first + second])

    @staticmethod
    def _message(source: socket.socket) -> tuple[bytes, bytes]:
        head = receive(source, 5)
        return head[:1], receive(source, struct.unpack("!I", head[1:])[0] - 4)

    def _write(self, what: str, writer: int, sequence: int, xid: int | None) -> None:
        line = json.dumps({"what": what, "writer": writer, "sequence": sequence, "xid": xid, "at": time.time()})
        self._log.write(line + "\n")


def serve(arguments: list[str], its_port: int, watched: type[Watched]) -> None:
    """Accept until killed; a client is turned away while the service has no address or does not answer.

    `its_port` is the service's; a connection to it is watched by a `watched` made of client, server and log.
    """
    port, path, evidence, *services = arguments
    lab = LabAddress(evidence, *services)
    with Path(path).open("a", buffering=1) as log, socket.create_server(("127.0.0.1", int(port))) as listener:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            client, _ = listener.accept()
            address = lab.address()
            try:
                if address is None:
                    raise ConnectionRefusedError
                server = socket.create_connection((address, its_port), timeout=1)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            close_hard(server)
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=watched(client, server, log).run, daemon=True).start()


if __name__ == "__main__":
    serve(sys.argv[1:], POSTGRES, Conversation)
