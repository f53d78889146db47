"""What must be known of an existing backup before a lab can be built: what it is, and the server's major version.

Files are looked at and nothing else; what is wrong with the backup, or with the drill's idea of it, is refused here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.adapters import existing_files
from orchestrator.core.images import MAJOR
from orchestrator.kinds.steps.existing import Existing

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.core.declared_lab import Service
    from orchestrator.core.drill import LoadedDrill

MAJORS: dict[str, Callable[[Path], str]] = {
    "barman": existing_files.barman_major,
    "base-backup": existing_files.base_backup_major,
    "dump": existing_files.dump_major,
    "rdb": existing_files.rdb_version,
    "restic": existing_files.restic_version,
}


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
    if step.key_file:
        existing_files.require_readable(loaded.resolve(step.key_file))
    if step.format == "pgbackrest":
        return existing_files.pgbackrest_major(source, step.stanza, key=bool(step.key_file))
    return MAJORS[step.format](source)


def _filled(loaded: LoadedDrill, name: str, major: str) -> LoadedDrill:
    lab = loaded.drill.lab
    services = {**lab.services, name: _of_major(lab.services[name], major)}
    drill = loaded.drill.model_copy(update={"lab": lab.model_copy(update={"services": services})})
    return loaded.model_copy(update={"drill": drill})


def _of_major(service: Service, major: str) -> Service:
    return service.model_copy(update={"image": service.image.replace(MAJOR, major)})
