"""What a run's objects are called and labelled, and how all of them are removed by that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.errors import CannotRunError
from reports.facts.events import LabRemoved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.declared_lab import Service
    from orchestrator.core.docker_port import Docker

RUN, HOST, FOLDER = "drillmaster.run", "drillmaster.host", "drillmaster.folder"
"""Labels on every object: the run, the machine of its engine, the run's evidence folder."""


def container_name(run: str, service: str) -> str:
    """Return the name of a service's container."""
    return f"drillmaster-{run}-{service}"


def ansible_inventory(run: str, services: Mapping[str, Service], chosen: str = "") -> dict[str, dict[str, object]]:
    """Return the Ansible hosts of a run: connection to the container, groups by type, and the service's paths.

    A spare is in the group `spare`; but `chosen`, the service that a playbook is limited to, is in its type's in any
    case: who names a spare means what it is a spare for.
    """
    return {
        name: {
            "groups": ["spare" if service.spare_for and name != chosen else service.type],
            "ansible_connection": "community.docker.docker_api",
            "ansible_host": container_name(run, name),
            "ansible_python_interpreter": "/usr/bin/python3",
            "drill_service": name,
            "drill_volumes": {volume: declared.path for volume, declared in service.volumes.items()},
        }
        for name, service in services.items()
    }


def remove_run(docker: Docker, run: str) -> LabRemoved:
    """Remove what is labelled with `run`: containers, volumes, networks; a failure does not stop the rest."""
    objects = docker.labelled(RUN, run).get(run)
    removed = {"containers": 0, "volumes": 0, "networks": 0}
    left: list[str] = []
    if objects is not None:
        groups = [
            ("containers", objects.containers, docker.remove_container),
            ("volumes", objects.volumes, docker.remove_volume),
            ("networks", objects.networks, docker.remove_network),
        ]
        for group, names, remove in groups:
            for name in names:
                try:
                    remove(name)
                    removed[group] += 1
                except CannotRunError as error:
                    left.append(f"{name}: {error.message}")
    return LabRemoved(removed=removed, left=tuple(left))
