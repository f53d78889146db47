"""Whether harm to files can be noticed at all: which of them `files-content` compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.filetree.tree import TREE, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab

CONTENT = "files-content"


def services(drill: Drill) -> list[str]:
    """Return the services with a tree that is compared, and whose files the evidence names."""
    comparing = [check for check in drill.checks if check.kind == CONTENT and check.model_dump()["names"]]
    return list(dict.fromkeys(service for check in comparing for service in check.services()))


def mistakes(drill: Drill, service: str) -> Iterator[tuple[str, str]]:
    """Yield that nothing compares the service's files, as a mistake in the setting `service`."""
    if service not in services(drill):
        yield "service", f"no {CONTENT} of {service} compares its files by name, so harm to them need not matter"


def files(lab: Lab, service: str) -> dict[str, Entry]:
    """Return the files that were remembered for comparison, by their paths in the container."""
    found: dict[str, Entry] = {}
    for check in lab.loaded.drill.checks:
        if check.kind == CONTENT and service in check.services():
            tree = TREE.validate_python(lab.remembered(check.memory, service) or {})
            settings: dict[str, Any] = check.model_dump()
            root = settings["path"]
            if settings["names"]:
                found |= {f"{root}/{name}": entry for name, entry in tree.items() if entry.type == "file"}
    return found
