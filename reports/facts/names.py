"""The names of the findings that are the judge's own: the checks' findings are named after the checks.

With several ledgers each service has statements of its own: a name of a service has no dot.
"""

from __future__ import annotations

from typing import Literal, get_args

RunFinding = Literal[
    "provisioned",
    "protect-step",
    "sabotage-confirmed",
    "people-took-part",
    "disaster-confirmed",
    "detected",
    "recovery-step",
    "untouched",
    "checked",
    "read-back",
]
"""On the run's course."""
Integrity = Literal[
    "no-hole",
    "no-unexpected",
    "no-corrupt",
    "no-duplicate",
    "refused-absent",
    "later-writes-present",
    "no-split-brain",
]
"""On the integrity of what was recovered."""
Restored = Literal["replayed-to-end"]
"""On a backup that was there before the run."""
Promise = Literal["rto", "rpo", "given-up", "common-point", "exercise"]
"""On the objectives."""
SelfCheck = Literal[
    "instrument-acknowledgements",
    "instrument-rate",
    "instrument-fresh",
    "instrument-outcomes",
    "instrument-closed",
    "instrument-parts",
    "instrument-unexplained",
    "instrument-clock",
    "instrument-marks",
    "instrument-target-clock",
]
"""On the instrument itself."""

INTEGRITY = frozenset[str](get_args(Integrity))
SELF_CHECKS = frozenset[str](get_args(SelfCheck))
OF_EACH_SERVICE = INTEGRITY | {
    "read-back",
    "instrument-acknowledgements",
    "instrument-rate",
    "instrument-fresh",
    "instrument-outcomes",
    "instrument-closed",
}
"""What is found of every service that a ledger writes to."""
OF_THE_JUDGE = INTEGRITY | SELF_CHECKS | {*get_args(RunFinding), *get_args(Restored), *get_args(Promise)}


def of_service(service: str, name: str) -> str:
    """Return what a statement is called that is about one of several services: `db.rto`."""
    return f"{service}.{name}" if service else name


def parted(name: str) -> tuple[str, str]:
    """Return the service that a statement is about, empty where it is about the whole, and what it states."""
    service, _, bare = name.rpartition(".")
    return service, bare
