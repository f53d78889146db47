"""A stopwatch with one hand: commits a transaction every 5 ms and writes down when each was acknowledged.

`python -m oracle.stopwatch EVIDENCE LOG`: looks the address up, connects, commits; while there is no address nothing is
tried. One line each: monotonic nanoseconds of the acknowledgement.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path

import psycopg

from oracle.lab_address import LabAddress, close_hard

PAUSE_S = 0.005
SECRET = "/run/secrets/postgres_password"


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
                with psycopg.connect(
                    host=address, user="postgres", password=password, connect_timeout=1, autocommit=True
                ) as connection:
                    close_hard(socket.socket(fileno=os.dup(connection.fileno())))
                    while True:
                        connection.execute("SELECT pg_current_xact_id()")
                        log.write(f"{time.monotonic_ns()}\n")
                        time.sleep(PAUSE_S)
            except (psycopg.Error, AssertionError):
                time.sleep(PAUSE_S)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2])
