"""How a container waits in place of its image's command, and what is placed in a container before it starts."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Any

from orchestrator.adapters.docker_exec import Command
from orchestrator.core.errors import CannotRunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.docker_port import ContainerSpec

NAME = "drillmaster-idle"
WAKE, RELEASED = "/.drillmaster/wake", "/.drillmaster/released"
WAIT = f"""
trap 'exit 143' HUP INT QUIT TERM USR1 USR2 WINCH
exec 3<>{WAKE}
while [ ! -e {RELEASED} ]; do read -r _ <&3; done
exec 3>&-
exec "$@"
"""
"""Waits on a fifo: costs nothing and ends at once. The mark stays, so that later starts do not wait."""
RELEASE = Command(["sh", "-c", f": > {RELEASED} && echo 1<>{WAKE}"], user="0")
"""Opens the fifo for reading too, so that it never blocks when the wait has just ended."""


def first_process(api: Any, spec: ContainerSpec) -> dict[str, list[str] | None]:
    """Return entrypoint and command: the image's own, or a wait that ends in the image's own."""
    if not spec.idle:
        return {"command": list(spec.command) or None}
    image = api.inspect_image(spec.image)["Config"]
    own = [*(image["Entrypoint"] or []), *(spec.command or image["Cmd"] or [])]
    if not own:
        raise CannotRunError(f"{spec.image}: the image has no command to run after the wait", hint="give it a CMD")
    return {"entrypoint": ["/bin/sh", "-c", WAIT, NAME], "command": own}


def may_wait(inspected: Mapping[str, Any]) -> bool:
    """Return whether a container was made to wait until it is released."""
    return NAME in (inspected["Config"]["Entrypoint"] or [])


def archive(files: Mapping[str, bytes], *, idle: bool) -> bytes:
    """Return `files` (mode 0444), and the fifo of an idle container, as a tar archive of paths from the root."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o444
            tar.addfile(entry, io.BytesIO(content))
        if idle:
            entry = tarfile.TarInfo(WAKE.lstrip("/"))
            entry.type, entry.mode = tarfile.FIFOTYPE, 0o666
            tar.addfile(entry)
    return packed.getvalue()
