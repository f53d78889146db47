"""A stopwatch with one hand, as `oracle.stopwatch` is for PostgreSQL: commits a row into `changes` every 5 ms.

`python -m oracle.mariadb_stopwatch EVIDENCE LOG`. One line each: monotonic nanoseconds of the acknowledgement.
"""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

import pymysql

from oracle.lab_address import LabAddress, close_hard

PAUSE_S = 0.005
SECRET = "/run/secrets/mariadb_password"


def run(evidence: str, path: str) -> None:
    """Write until killed."""
    lab = LabAddress(evidence, "db")
    password = None
    with Path(path).open("a", buffering=1) as log:
        while True:
            address = lab.address()
            if address is None:
                time.sleep(PAUSE_S)
                continue
            try:
                password = password or lab.read_file(SECRET)
                session = pymysql.Connection(
                    user="app",
                    password=password,
                    database="app",
                    autocommit=True,
                    defer_connect=True,
                    ssl_disabled=True,
                )
                with socket.create_connection((address, 3306), timeout=1) as channel:
                    close_hard(channel)
                    session.connect(channel)
                    while True:
                        session.query("INSERT INTO changes VALUES (0, 0)")
                        log.write(f"{time.monotonic_ns()}\n")
                        time.sleep(PAUSE_S)
            except (pymysql.MySQLError, OSError, AssertionError):
                time.sleep(PAUSE_S)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2])
