"""A TCP proxy between the ledger and MariaDB that writes down what passes, as `oracle.proxy` does for PostgreSQL.

`python -m oracle.mariadb_proxy PORT LOG EVIDENCE SERVICE…`.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import TextIO

from oracle.proxy import receive, serve

MARIADB = 3306
COMMAND_QUERY, OK = 3, 0
INSERT = re.compile(rb"INSERT INTO drillmaster_ledger VALUES \((\d+), (\d+), -?\d+\)")


class Conversation:
    """One connection of a client, watched in both directions; the server answers each command before the next."""

    def __init__(self, client: socket.socket, server: socket.socket, log: TextIO) -> None:
        self._client, self._server, self._log = client, server, log
        self._asked: tuple[int, int] | None = None

    def run(self) -> None:
        """Pass everything on until one side ends."""
        back = threading.Thread(target=self._pass_on, args=(self._server, self._client), daemon=True)
        back.start()
        self._pass_on(self._client, self._server)
        back.join()
        for side in (self._client, self._server):
            side.close()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while True:
                head = receive(source, 4)
                body = receive(source, int.from_bytes(head[:3], "little"))
                if source is self._client:
                    self._question(head[3], body)
                acknowledged = self._asked if source is self._server and body[:1] == bytes([OK]) else None
                if source is self._server:
                    self._asked = None
                sink.sendall(head + body)
                if acknowledged:
                    self._write("acknowledged", *acknowledged)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def _question(self, number: int, body: bytes) -> None:
        if number == 0 and body[:1] == bytes([COMMAND_QUERY]) and (row := INSERT.fullmatch(body[1:])):
            self._asked = (int(row[1]), int(row[2]))
            self._write("sent", *self._asked)

    def _write(self, what: str, writer: int, sequence: int) -> None:
        line = json.dumps({"what": what, "writer": writer, "sequence": sequence, "at": time.time()})
        self._log.write(line + "\n")


if __name__ == "__main__":
    serve(sys.argv[1:], MARIADB, Conversation)
