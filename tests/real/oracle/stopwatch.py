"""A stopwatch with one hand: writes every 5 ms and notes when each write was acknowledged.

`python -m oracle.stopwatch TYPE LOG EVIDENCE SERVICE…`: looks the address up, connects, writes; while there is no
address nothing is tried. One line each: monotonic nanoseconds of the acknowledgement.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from base64 import b64encode
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pymysql
import redis
from docker.errors import DockerException
from redis.backoff import NoBackoff
from redis.retry import Retry

from oracle.lab_address import LabAddress, close_hard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Write = Callable[[], object]
    Driver = Callable[[str, str], AbstractContextManager[Write]]

PAUSE_S = 0.005
STORED = {201, 204}
FAILURES = (
    *(psycopg.Error, pymysql.MySQLError, redis.RedisError, HTTPException),
    *(DockerException, OSError, AssertionError),
)


@contextmanager
def to_postgres(address: str, password: str) -> Iterator[Write]:
    """Yield what commits a transaction."""
    with psycopg.connect(
        host=address, user="postgres", password=password, connect_timeout=1, autocommit=True
    ) as connection:
        close_hard(socket.socket(fileno=os.dup(connection.fileno())))
        yield lambda: connection.execute("SELECT pg_current_xact_id()")


@contextmanager
def to_mariadb(address: str, password: str) -> Iterator[Write]:
    """Yield what commits a row into `changes`."""
    with socket.create_connection((address, 3306), timeout=1) as channel:
        close_hard(channel)
        session = pymysql.Connection(
            user="app", password=password, database="app", autocommit=True, defer_connect=True, ssl_disabled=True
        )
        session.connect(channel)
        yield lambda: session.query("INSERT INTO changes VALUES (0, 0)")


@contextmanager
def to_redis(address: str, password: str) -> Iterator[Write]:
    """Yield what sets a key."""
    with redis.Redis(address, password=password, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as server:
        yield lambda: server.set("drillmaster:stopwatch", 1)


@contextmanager
def to_files(address: str, password: str) -> Iterator[Write]:
    """Yield what puts a file."""
    login = {"Authorization": f"Basic {b64encode(f'files:{password}'.encode()).decode()}"}

    def put() -> None:
        connection.request("PUT", "/drillmaster/stopwatch", b"", login)
        answer = connection.getresponse()
        answer.read()
        assert answer.status in STORED

    with closing(HTTPConnection(address, 8080, timeout=1)) as connection:
        connection.connect()
        close_hard(connection.sock)
        connection.auto_open = 0
        yield put


DRIVERS: dict[str, Driver] = {
    "postgres": to_postgres,
    "mariadb": to_mariadb,
    "redis": to_redis,
    "files": to_files,
}


def run(of_type: str, path: str, lab: LabAddress) -> None:
    """Write until killed."""
    password = ""
    with Path(path).open("a", buffering=1) as log:
        while True:
            time.sleep(PAUSE_S)
            address = lab.address()
            if address is None:
                continue
            try:
                password = password or lab.read_file(f"/run/secrets/{of_type}_password")
                with DRIVERS[of_type](address, password) as write:
                    while True:
                        write()
                        log.write(f"{time.monotonic_ns()}\n")
                        time.sleep(PAUSE_S)
            except FAILURES:
                continue


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], LabAddress(*sys.argv[3:]))
