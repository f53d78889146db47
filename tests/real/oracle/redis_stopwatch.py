"""A stopwatch with one hand: sets a key every 5 ms and writes down when each was acknowledged.

`python -m oracle.redis_stopwatch EVIDENCE LOG`: looks the address up, connects, sets; while there is no address nothing
is tried. One line each: monotonic nanoseconds of the acknowledgement.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from oracle.lab_address import LabAddress

PAUSE_S = 0.005
SECRET = "/run/secrets/redis_password"


def run(evidence: str, path: str) -> None:
    """Write until killed."""
    lab = LabAddress(evidence, "cache")
    password = None
    with Path(path).open("a", buffering=1) as log:
        while True:
            time.sleep(PAUSE_S)
            address = lab.address()
            if address is None:
                continue
            try:
                password = password or lab.read_file(SECRET)
                retry = Retry(NoBackoff(), 0)
                with redis.Redis(address, password=password, socket_timeout=1, retry=retry) as server:
                    while True:
                        server.set("drillmaster:stopwatch", 1)
                        log.write(f"{time.monotonic_ns()}\n")
                        time.sleep(PAUSE_S)
            except (redis.RedisError, AssertionError):
                continue


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2])
