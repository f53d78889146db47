"""What a drill on an existing backup needs to know of it before a lab can be built: the server's major version.

Files are looked at and nothing else; what is wrong with the backup, or with the drill's idea of it, is refused here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.adapters import existing_files
from orchestrator.kinds.steps.existing import Existing

if TYPE_CHECKING:
    from orchestrator.core.declared_lab import Service
    from orchestrator.core.drill import LoadedDrill

MAJOR = "MAJOR"
"""Stands in an image's name for the major version of the server that the backup is of."""


def with_its_major(loaded: LoadedDrill) -> LoadedDrill:
    """Return the drill with the backup's major version in its services' images; raises CannotRunError.

    A drill without an existing backup is returned as it is.
    """
    for step in loaded.drill.protect:
        if isinstance(step, Existing):
            loaded = _filled(loaded, step.service, _major(loaded, step))
    return loaded


def _major(loaded: LoadedDrill, step: Existing) -> str:
    source = Path(step.source)
    existing_files.require_readable(source)
    if step.archive:
        existing_files.require_readable(Path(step.archive))
    if step.format == "dump":
        return existing_files.dump_major(source)
    if step.format == "base-backup":
        return existing_files.base_backup_major(source)
    if step.key_file:
        existing_files.require_readable(loaded.resolve(step.key_file))
    return existing_files.pgbackrest_major(source, step.stanza, key=bool(step.key_file))


def _filled(loaded: LoadedDrill, name: str, major: str) -> LoadedDrill:
    lab = loaded.drill.lab
    services = {**lab.services, name: _of_major(lab.services[name], major)}
    drill = loaded.drill.model_copy(update={"lab": lab.model_copy(update={"services": services})})
    return loaded.model_copy(update={"drill": drill})


def _of_major(service: Service, major: str) -> Service:
    return service.model_copy(update={"image": service.image.replace(MAJOR, major)})
