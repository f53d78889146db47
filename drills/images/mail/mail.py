#!/usr/bin/env python3
"""The mail platform's application: one mail comes in, one that waited goes out, and what came in is counted.

A mail's body is stored first, under its hash; then its row; then the job to deliver it. So at every moment a job finds
its row, and a row its body. The front page is answered with 200 while mail flows, else with 503.

    MAILS_PER_SECOND  how many come in; default 10
    WAITING           how many jobs wait in the queue before the oldest is done; default 500
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import psycopg2
import redis

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger("mail")
EVERY_S = 1 / float(os.environ.get("MAILS_PER_SECOND", "10"))
WAITING = int(os.environ.get("WAITING", "500"))
TIMEOUT_S = 2
RETRY_S = 0.2
COUNT_EVERY_S = 0.5

ACCEPT = """
INSERT INTO mail.message (tenant, mailbox, body, bytes)
SELECT tenant, id, %s, %s FROM mail.mailbox ORDER BY random() LIMIT 1 RETURNING id
"""
# A bucket is whole once a later one has begun: numbers are given in order, by this one process.
VOLUME = """
SELECT id / 100, tenant, count(*), sum(bytes) FROM mail.message
WHERE id / 100 > %s AND id / 100 < (SELECT max(id) / 100 FROM mail.message) GROUP BY 1, 2
"""
LOAD = """
INSERT INTO analytics.load SELECT bucket, sum(messages), sum(bytes) FROM analytics.volume WHERE bucket > %s GROUP BY 1
"""


class Front(BaseHTTPRequestHandler):
    """The front page."""

    accepted_at = 0.0

    def do_GET(self) -> None:
        """Tell whether mail flows."""
        flows = time.monotonic() - Front.accepted_at < TIMEOUT_S
        self.send_response(200 if flows else 503)
        self.end_headers()
        self.wfile.write(b"mail flows\n" if flows else b"no mail comes in\n")

    def log_message(self, *_: object) -> None:
        """Keep no log of visits."""


def password(service: str) -> str:
    """Return the password that a service wants."""
    return Path(f"/run/secrets/{service}_password").read_text().strip()


def database(service: str, port: int = 5432, role: str = "postgres") -> psycopg2.extensions.connection:
    """Connect to a database; each statement is then a transaction."""
    connection = psycopg2.connect(
        host=service,
        port=port,
        user="postgres",
        dbname="postgres",
        password=password(service),
        connect_timeout=TIMEOUT_S,
        tcp_user_timeout=TIMEOUT_S * 1000,
    )
    connection.autocommit = True
    ask(connection, "SELECT set_config('role', %s, false)", role)
    return connection


def ask(connection: psycopg2.extensions.connection, statement: str, *values: object) -> list[tuple]:
    """Run a statement and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def take_mail_in() -> None:
    """Take mail in and deliver what has waited, until something fails."""
    content, mail = database("content"), database("pool", 6432, "mail_app")
    queue = redis.Redis("queue", password=password("queue"), socket_timeout=TIMEOUT_S, decode_responses=True)
    tenants = int(queue.get("tenants"))
    while True:
        text = f"{time.time_ns()}\n{secrets.token_hex(400)}\n"
        digest = hashlib.sha256(text.encode()).digest()
        tenant = secrets.randbelow(tenants) + 1
        ask(content, "INSERT INTO content.body VALUES (%s, %s)", digest, text)
        ask(mail, "SELECT set_config('mail.tenant', %s, false)", str(tenant))
        [(number,)] = ask(mail, ACCEPT, digest, len(text))
        queue.xadd("jobs", {"message": number, "tenant": tenant})
        Front.accepted_at = time.monotonic()
        if queue.xlen("jobs") > WAITING:
            [(job, told)] = queue.xrange("jobs", count=1)
            ask(mail, "SELECT set_config('mail.tenant', %s, false)", told["tenant"])
            ask(mail, "UPDATE mail.message SET state = 'delivered' WHERE id = %s", told["message"])
            queue.xdel("jobs", job)
        time.sleep(EVERY_S)


def count() -> None:
    """Load into the analytics what came in, whole buckets only, until something fails."""
    mail, analytics = database("pool", 6432), database("analytics")
    while True:
        [(watermark,)] = ask(analytics, "SELECT coalesce(max(bucket), -1) FROM analytics.load")
        rows = ask(mail, VOLUME, watermark)
        ask(analytics, "BEGIN")
        for row in rows:
            ask(analytics, "INSERT INTO analytics.volume VALUES (%s, %s, %s, %s)", *row)
        ask(analytics, LOAD, watermark)
        ask(analytics, "COMMIT")
        time.sleep(COUNT_EVERY_S)


def for_ever(work: Callable[[], None]) -> None:
    """Do the work, and begin anew whenever something fails."""
    while True:
        try:
            work()
        except (psycopg2.Error, redis.RedisError, OSError, TypeError, ValueError) as error:
            LOG.warning("%s: %s", work.__name__, type(error).__name__)
            time.sleep(RETRY_S)


if __name__ == "__main__":
    for work in (take_mail_in, count):
        Thread(target=for_ever, args=(work,), daemon=True).start()
    ThreadingHTTPServer(("", 80), Front).serve_forever()
