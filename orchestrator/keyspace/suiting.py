"""Which of a drill's services a sabotage of Redis suits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.core.drill import Drill
    from orchestrator.core.kind import Check

CONTENT = "redis-content"
BACK_UP, RESTORE = "back-up-redis.yml", "restore-redis.yml"
FAIL_OVER = "fail-over-to-the-redis-replica.yml"


def comparing(drill: Drill, service: str) -> list[Check]:
    """Return the checks that compare the service's keys."""
    return [check for check in drill.checks if check.kind == CONTENT and service in check.services()]


def compared(drill: Drill) -> list[str]:
    """Return the services whose keys are compared."""
    return [name for name in _servers(drill) if comparing(drill, name)]


def restored(drill: Drill) -> list[str]:
    """Return the services that recover from a backup which the shipped playbooks take and restore."""
    runs = {name for step in drill.protect for name in step.playbooks()}
    restores = {name for step in drill.recover for name in step.playbooks()}
    if BACK_UP not in runs or RESTORE not in restores:
        return []
    return [name for name in _servers(drill) if name not in drill.lost_for_good]


def appending(drill: Drill) -> list[str]:
    """Return the services that recover from their own append-only files, with no playbook in between."""
    if any(step.playbooks() for step in drill.recover):
        return []
    services = drill.lab.services
    return [name for name in _servers(drill) if services[name].settings.get("appendonly") in ("yes", True)]


def failing_over(drill: Drill) -> list[tuple[str, str]]:
    """Return each replica, and the server it is for, of a drill that recovers by a fail-over."""
    if not any(FAIL_OVER in step.playbooks() for step in drill.recover):
        return []
    services = drill.lab.services.items()
    return [(name, service.spare_for) for name, service in services if service.type == "redis" and service.spare_for]


def _servers(drill: Drill) -> list[str]:
    return [name for name, service in drill.lab.services.items() if service.type == "redis" and not service.spare_for]
