"""A TCP proxy between the ledger and a file service that writes down what passes.

`python -m oracle.http_proxy PORT LOG EVIDENCE SERVICE…` prints `ready` once it listens.
It reads HTTP itself: every PUT of a file of the ledger's and the server's answer to it. One JSON line each:
{"what": "sent"|"acknowledged", "writer", "sequence", "body"}.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import TextIO

from oracle.proxy import receive, serve

PORT = 8080
PUT = re.compile(rb"PUT /drillmaster/ledger/(\d+)/\d+/(\d+) HTTP")
STORED = re.compile(rb"HTTP/1\.\d 20[14] ")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
Write = tuple[int, int, str]


def line_of(source: socket.socket, end: bytes) -> bytes:
    """Return what comes up to and with `end`; raises ConnectionError at the end of the stream."""
    raw = bytearray()
    while not raw.endswith(end):
        raw += receive(source, 1)
    return bytes(raw)


def message(source: socket.socket) -> tuple[bytes, bytes]:
    """Return the head and the body of one request or answer, as they came."""
    head = line_of(source, b"\r\n\r\n")
    if length := LENGTH.search(head):
        return head, receive(source, int(length[1]))
    body = b""
    while CHUNKED.search(head):
        size = line_of(source, b"\r\n")
        body += size + receive(source, int(size, 16) + 2)
        if int(size, 16) == 0:
            break
    return head, body


class HttpConversation:
    """One connection of a client, watched in both directions."""

    def __init__(self, client: socket.socket, server: socket.socket, log: TextIO) -> None:
        self._client, self._server, self._log = client, server, log
        self._pending: deque[Write | None] = deque()

    def run(self) -> None:
        """Pass everything on until one side ends."""
        back = threading.Thread(target=self._answers, daemon=True)
        back.start()
        self._questions()
        back.join()
        for side in (self._client, self._server):
            side.close()

    def _questions(self) -> None:
        with suppress(OSError):
            while True:
                head, body = message(self._client)
                put = PUT.match(head)
                write = (int(put[1]), int(put[2]), body.decode()) if put else None
                self._pending.append(write)
                if write:
                    self._note("sent", write)
                self._server.sendall(head + body)
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)

    def _answers(self) -> None:
        with suppress(OSError):
            while True:
                head, body = message(self._server)
                write = self._pending.popleft()
                self._client.sendall(head + body)
                if write and STORED.match(head):
                    self._note("acknowledged", write)
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def _note(self, what: str, write: Write) -> None:
        writer, sequence, body = write
        line = json.dumps({"what": what, "writer": writer, "sequence": sequence, "body": body})
        self._log.write(line + "\n")


if __name__ == "__main__":
    serve(sys.argv[1:], PORT, HttpConversation)
