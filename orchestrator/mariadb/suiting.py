"""What a drill of MariaDB gives sabotage to work on, told by its declaration alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.core.drill import Drill

TYPE, CONTENT = "mariadb", "mariadb-content"
BACK_UP, RESTORE = "back-up-with-mariabackup.yml", "restore-with-mariabackup.yml"
FOLDER = "/var/lib/mysql-backups"
"""Where the shipped playbooks keep backups and the copied binlog."""


def compared(drill: Drill) -> list[str]:
    """Return the services whose content is compared."""
    looked_at = {service for check in drill.checks if check.kind == CONTENT for service in check.services()}
    return [name for name in _servers(drill) if name in looked_at]


def restored(drill: Drill) -> list[str]:
    """Return the services that recover from the newest backup, and the binlog, that the shipped playbooks keep."""
    runs = {name for step in drill.protect for name in step.playbooks()}
    restores = {name for step in drill.recover for name in step.playbooks()}
    if BACK_UP not in runs or RESTORE not in restores or drill.backup_age is not None:
        return []
    volumes = {name: drill.lab.services[name].volumes.values() for name in _servers(drill)}
    return [name for name, its in volumes.items() if FOLDER in {volume.path for volume in its}]


def _servers(drill: Drill) -> list[str]:
    services = drill.lab.services.items()
    return [name for name, service in services if service.type == TYPE and service.spare_for is None]
