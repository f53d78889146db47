"""Connections that keep deadlines without a thread to watch them."""

from __future__ import annotations

import os
import select
import socket
import struct
from time import monotonic_ns

from orchestrator.ledger.clients import AttemptFailedError


def wait(descriptor: int, events: int, deadline: int) -> None:
    """Return once a socket is ready for any of `select.POLLIN` and `POLLOUT`; raises AttemptFailedError past it."""
    poll = select.poll()
    poll.register(descriptor, events)
    left_ns = deadline - monotonic_ns()
    if left_ns <= 0 or not poll.poll(left_ns / 1e6):
        raise AttemptFailedError("no answer within the deadline")


def reset_on_close(descriptor: int) -> None:
    """Make the kernel end this connection with one packet.

    A polite end is repeated to a container that is gone. Each time the kernel asks the network, in vain, who has the
    address, and while it waits to ask again, for a second, it holds back a connect to the successor at that address.
    """
    with socket.socket(fileno=os.dup(descriptor)) as shared:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
