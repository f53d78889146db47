"""What a drill uses: its kinds, its playbooks, and the tools that both need inside the lab's images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.core.drill import KIND_LISTS
from orchestrator.core.errors import CannotRunError
from orchestrator.core.lab_objects import ansible_inventory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.docker_port import Docker
    from orchestrator.core.drill import LoadedDrill
    from orchestrator.core.kind import Kind, Need, Source
    from orchestrator.core.ports import Playbooks

SHARED = ("tasks", "roles")
"""The folders beside a playbook from which it may import."""


def kinds_of(loaded: LoadedDrill) -> list[Kind]:
    """Return every kind the drill uses, in the order of the phases."""
    return [kind for name in KIND_LISTS for kind in getattr(loaded.drill, name)]


def sources_of(loaded: LoadedDrill) -> list[Source]:
    """Return what of this machine the drill's services must be able to read."""
    return [source for kind in kinds_of(loaded) for source in kind.sources()]


def playbooks_of(loaded: LoadedDrill) -> list[Path]:
    """Return the playbooks the drill uses, each once."""
    names = [name for kind in kinds_of(loaded) for name in kind.playbooks()]
    return sorted({loaded.resolve_playbook(name) for name in names})


def files_of(loaded: LoadedDrill) -> list[Path]:
    """Return the other files the drill's kinds read, each once."""
    return sorted({loaded.resolve(name) for kind in kinds_of(loaded) for name in kind.files()})


def procedures_of(loaded: LoadedDrill) -> list[Path]:
    """Return the playbooks the drill uses, the tasks and roles they may share, and the files its kinds read."""
    playbooks = playbooks_of(loaded)
    shared = {file for playbook in playbooks for name in SHARED for file in (playbook.parent / name).rglob("*")}
    return [*sorted({*playbooks, *filter(Path.is_file, shared)}), *files_of(loaded)]


def unreadable(loaded: LoadedDrill) -> list[str]:
    """Return a sentence for each procedure that cannot be read: the record names all of them by their digests."""
    found = []
    for file in procedures_of(loaded):
        try:
            file.read_bytes()
        except OSError as error:
            found.append(f"{file}: cannot be read: {error.strerror}")
    return found


def lacking_tools(docker: Docker, playbooks: Playbooks, *drills: LoadedDrill) -> list[str]:
    """Return a sentence for each tool that an image lacks; an image that is not here is not looked into."""
    needs: dict[str, dict[str, str]] = {}
    for loaded in drills:
        for need, whose in _needs(playbooks, loaded):
            declared = loaded.drill.lab
            image = declared.services[declared.behind(need.service)].image
            needs.setdefault(image, {}).setdefault(need.tool, whose)
    return [
        f"image {image} lacks {tool}, which {tools[tool]} needs"
        for image, tools in needs.items()
        if docker.image_id(image)
        for tool in docker.missing_tools(image, sorted(tools))
    ]


def require_tools(docker: Docker, playbooks: Playbooks, loaded: LoadedDrill) -> None:
    """Raise CannotRunError naming every tool that the lab's images, all of them here, lack."""
    if lacking := lacking_tools(docker, playbooks, loaded):
        raise CannotRunError(
            "; ".join(lacking), hint="name an image that has all of it, as those that `make setup` builds have"
        )


def _needs(playbooks: Playbooks, loaded: LoadedDrill) -> Iterator[tuple[Need, str]]:
    """Yield each need with whose it is."""
    for kind in kinds_of(loaded):
        for need in kind.needs():
            yield need, kind.kind
    hosts = ansible_inventory("", loaded.drill.lab.services)
    for playbook in playbooks_of(loaded):
        for need in playbooks.needs(playbook, hosts):
            yield need, playbook.name
