"""`python -m orchestrator.ledger`: the first line of stdin is the settings, password included; see conversation."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING

from orchestrator.core.ledger_port import LedgerSettings
from orchestrator.ledger.conversation import LOOK, Command, Conversation, Inbox
from orchestrator.ledger.endpoint import DockerEndpoint
from orchestrator.ledger.files import LedgerFiles
from orchestrator.ledger.pace import SECOND_NS, Pace, staggered, writers_interval_ns
from orchestrator.ledger.statistics import Statistics
from orchestrator.ledger.workers import Desk, Reader, Worker, Writer

if TYPE_CHECKING:
    from orchestrator.ledger.clients import Client

RETRY_NS = SECOND_NS // 50
"""How often all workers together try to connect while nothing answers: more would slow the recovery they wait for."""
READ_NS = SECOND_NS // 20
# A thread that computes gives way after this: with Python's 5 ms an attempt's end would be noted that much late.
SWITCH_S = 0.0005


def settings_from(line: bytes) -> LedgerSettings:
    """Return the settings in a line of JSON."""
    values = json.loads(line)
    via = values.pop("via")
    return LedgerSettings(**values | {"folder": Path(values["folder"])}, via=tuple(via) if via else None)


def workers(settings: LedgerSettings, desk: Desk) -> list[Worker]:
    """Return the writers and the reader, staggered."""
    count = settings.writers
    every = writers_interval_ns(settings.rate_per_s, count)
    retry_every = RETRY_NS * (count + 1)
    made: list[Worker] = []
    for number in range(count):
        paces = (staggered(every, number, count), staggered(retry_every, number, count + 1))
        made.append(Writer(number, client(settings), desk, paces, settings.nonce))
    paces = (Pace(READ_NS), staggered(retry_every, count, count + 1))
    return [*made, Reader(count, client(settings), desk, paces)]


def client(settings: LedgerSettings) -> Client:
    """Return a new client for the service's software: `clients/redis.py` has RedisClient. No other driver is loaded."""
    module = import_module(f"orchestrator.ledger.clients.{settings.type}")
    made: Client = getattr(module, f"{settings.type.capitalize()}Client")(
        user=settings.user, database=settings.database, password=settings.password
    )
    return made


def listen(stdin: IO[bytes], inbox: Inbox) -> None:
    """Pass commands on; end the process at once when the engine is gone, whatever the other threads do."""
    for line in stdin:
        inbox.put(Command(**json.loads(line)))
    os._exit(1)


def main() -> None:
    """Run one ledger."""
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(format="%(asctime)sZ %(message)s", level=logging.INFO, stream=sys.stderr)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    sys.setswitchinterval(SWITCH_S)
    # Unbuffered: a buffer's lock, held by the listening thread, would stop the interpreter from ending.
    stdin = io.FileIO(0, "rb")
    settings = settings_from(stdin.readline())
    inbox: Inbox = Inbox()
    threading.Thread(target=listen, args=(stdin, inbox), daemon=True).start()
    where = DockerEndpoint(settings.container, settings.network, settings.port, settings.via)
    deadline_ns = round(settings.deadline_s * SECOND_NS)
    with LedgerFiles(settings) as files:
        desk = Desk(where, files.epoch, lambda: inbox.put(LOOK), deadline_ns)
        conversation = Conversation(files, desk, workers(settings, desk), Statistics(deadline_ns))
        conversation.serve(inbox, sys.stdout, client(settings))


if __name__ == "__main__":
    main()
