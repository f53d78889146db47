"""Bytes of files in a container's volumes, whether it runs or not: seen and changed from a container beside it."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from orchestrator.adapters import docker_once
from orchestrator.core.errors import CannotRunError

if TYPE_CHECKING:
    from collections.abc import Sequence

READ = 'exec od -An -v -tx1 -j "$2" -N "$3" -- "$1"'
# The times are put back as they were: a disk that rots changes none.
OVERWRITE = """
set -e
length=$(printf %s "$3" | base64 -d | wc -c)
[ $(($2 + length)) -le "$(stat -c %s -- "$1")" ] || { echo "$1 ends before byte $(($2 + length))" >&2; exit 1; }
touch -r "$1" /times
printf %s "$3" | base64 -d | dd of="$1" bs=64K seek="$2" oflag=seek_bytes conv=notrunc,fsync status=none
touch -r /times "$1"
"""


def read(api: Any, container: str, path: str, at: int, size: int) -> bytes:
    """Return `size` bytes of a file from `at` on; fewer where it ends before."""
    return bytes.fromhex(_beside(api, container, READ, [path, str(at), str(size)]))


def overwrite(api: Any, container: str, path: str, at: int, content: bytes) -> None:
    """Put `content` over the bytes of a file from `at` on."""
    _beside(api, container, OVERWRITE, [path, str(at), b64encode(content).decode()])


def _beside(api: Any, container: str, script: str, arguments: Sequence[str]) -> str:
    seen = api.inspect_container(container)
    # Its labels, so that a tear-down or a sweep takes what an engine that died leaves behind.
    labels = seen["Config"]["Labels"]
    argv = ["sh", "-c", script, "sh", *arguments]
    done = docker_once.run(api, seen["Image"], argv, labels, {"volumes_from": [container]})
    if done.exit_code != 0:
        raise CannotRunError(f"{arguments[0]} in the volumes of {container}: {done.output.strip()}")
    return done.output
