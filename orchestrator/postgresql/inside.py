"""Commands inside a PostgreSQL service's container, as the user that owns its files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict

from orchestrator.core import shell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.core.lab import Lab


# Prints size, place, and the byte before and after, the latter read again.
_FLIP = """
import json, os, sys
size = os.path.getsize(sys.argv[1])
with open(sys.argv[1], "r+b") as file:
    file.seek(size // 2)
    before = file.read(1)[0]
    file.seek(size // 2)
    file.write(bytes([before ^ 1]))
with open(sys.argv[1], "rb") as file:
    file.seek(size // 2)
    print(json.dumps({"size": size, "offset": size // 2, "before": before, "after": file.read(1)[0]}))
"""


class Flip(TypedDict):
    """A flipped bit: the file's size, the byte's place in it, and the byte before and after."""

    size: int
    offset: int
    before: int
    after: int


def run(lab: Lab, service: str, argv: Sequence[str], stdin: bytes = b"") -> str:
    """Run a command as `postgres` and return its output; raises StepFailedError when it fails."""
    return shell.output(lab, service, argv, user="postgres", stdin=stdin)


def files(lab: Lab, service: str, folder: str, *which: str) -> list[str]:
    """Return the files below a folder, those that `find` finds by `which`; raises StepFailedError when it fails."""
    # What a server at work renames or removes meanwhile is no failure.
    return run(lab, service, ["find", folder, "-ignore_readdir_race", "-type", "f", *which]).splitlines()


def flip_bit(lab: Lab, service: str, file: str) -> Flip:
    """Flip one bit in the middle of a file and read the byte again; raises StepFailedError when that fails."""
    flip: Flip = json.loads(run(lab, service, ["python3", "-c", _FLIP, file]))
    return flip
