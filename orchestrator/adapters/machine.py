"""This machine: what bounds the figures measured on it, and whether drills can run on it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.core.docker_port import Docker

DEFAULT_NETWORK = "bridge"
LOOP_CONTROL = Path("/dev/loop-control")


@dataclass(frozen=True)
class Condition:
    """Something drills need: whether it is so, what was seen, and what to do if it is not."""

    name: str
    ok: bool
    says: str
    hint: str = ""


def describe() -> dict[str, str]:
    """Return host, operating system, kernel, cores and memory."""
    return {
        "host": socket.gethostname(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "kernel": platform.release(),
        "cores": str(os.cpu_count()),
        "memory": _gib(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
    }


def route(docker: Docker) -> Condition:
    """Return whether containers can be reached from here: whether the engine's bridges are this machine's own."""
    name = "route to containers"
    gateway = docker.network_gateway(DEFAULT_NETWORK)
    if gateway is None:
        return Condition(name, ok=True, says="unknown: the engine has no default network to tell by")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((gateway, 0))
        except OSError:
            return Condition(
                name,
                ok=False,
                says=f"the engine's networks are not on this machine: {gateway} is none of its addresses",
                hint="drills need a Linux engine on this machine, neither remote nor rootless nor in a virtual machine",
            )
    return Condition(name, ok=True, says=f"the engine's networks are on this machine ({gateway})")


def space(folder: Path, needed: int) -> Condition:
    """Return whether `folder` (which need not exist yet) can be written, with `needed` bytes free."""
    name, hint = "evidence directory", "free some space, or name another directory with --evidence"
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return Condition(name, ok=False, says=f"{existing} is no directory that can be written", hint=hint)
    free = shutil.disk_usage(existing).free
    says = f"{_gib(free)} free for {folder}, {_gib(needed)} needed"
    return Condition(name, ok=free >= needed, says=says, hint=hint)


def loop_devices(control: Path = LOOP_CONTROL) -> Condition:
    """Return whether volumes with a size can be made here: they lie on loop devices, which the kernel gives out."""
    name = "disks of limited size"
    if control.exists():
        return Condition(name, ok=True, says="volumes with a size can be made (the kernel has loop devices)")
    says = f"volumes with a size cannot be made: the kernel has no loop devices ({control} is not there)"
    return Condition(name, ok=False, says=says, hint="load its module, `modprobe loop`, or give no volume a size")


def route_mistakes(docker: Docker) -> list[str]:
    """Return what stands against reaching containers from here; empty when nothing does."""
    return mistakes(route(docker))


def space_mistakes(folder: Path, needed: int) -> list[str]:
    """Return what stands against writing `needed` bytes under `folder`; empty when nothing does."""
    return mistakes(space(folder, needed))


def loop_device_mistakes(control: Path = LOOP_CONTROL) -> list[str]:
    """Return what stands against making volumes with a size here; empty when nothing does."""
    return mistakes(loop_devices(control))


def mistakes(condition: Condition) -> list[str]:
    """Return what a condition that is not so stands against; empty when it is."""
    return [] if condition.ok else [f"{condition.name}: {condition.says} (hint: {condition.hint})"]


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
