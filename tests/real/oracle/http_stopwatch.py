"""A stopwatch with one hand: puts a file every 5 ms and writes down when each was acknowledged.

`python -m oracle.http_stopwatch EVIDENCE LOG`: looks the address up, connects, puts; while there is no address nothing
is tried. One line each: monotonic nanoseconds of the acknowledgement.
"""

from __future__ import annotations

import sys
import time
from base64 import b64encode
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from oracle.lab_address import LabAddress, close_hard

PAUSE_S = 0.005
SECRET = "/run/secrets/files_password"
STORED = {201, 204}


def run(evidence: str, path: str) -> None:
    """Write until killed."""
    lab = LabAddress(evidence, "files")
    login = ""
    with Path(path).open("a", buffering=1) as log:
        while True:
            time.sleep(PAUSE_S)
            address = lab.address()
            if address is None:
                continue
            try:
                login = login or b64encode(f"files:{lab.read_file(SECRET)}".encode()).decode()
                connection = HTTPConnection(address, 8080, timeout=1)
                connection.connect()
                close_hard(connection.sock)
                connection.auto_open = 0
                while True:
                    connection.request("PUT", "/drillmaster/stopwatch", b"", {"Authorization": f"Basic {login}"})
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status in STORED:
                        log.write(f"{time.monotonic_ns()}\n")
                    time.sleep(PAUSE_S)
            except (OSError, HTTPException, AssertionError):
                continue


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2])
