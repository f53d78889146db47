"""Where a service's image comes from: found here, else pulled, else built."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.errors import CannotRunError
from reports.facts.events import ImageResolved

if TYPE_CHECKING:
    from orchestrator.core.docker_port import Docker
    from orchestrator.core.drill import LoadedDrill

MAJOR = "MAJOR"
"""Stands in an image's name for the major version of the server that an existing backup is of."""


def resolved_image(docker: Docker, loaded: LoadedDrill, service: str) -> ImageResolved:
    """See that the service's image is here; raises CannotRunError when there is no way to it."""
    declared = loaded.drill.lab.services[service]
    if image_id := docker.image_id(declared.image):
        return ImageResolved(service=service, image=declared.image, image_id=image_id, how="here")
    if image_id := docker.pull(declared.image):
        return ImageResolved(service=service, image=declared.image, image_id=image_id, how="pulled")
    if declared.build:
        image_id = docker.build(loaded.resolve(declared.build.context), declared.image, declared.build.args)
        return ImageResolved(service=service, image=declared.image, image_id=image_id, how="built")
    raise CannotRunError(
        f"{service}: image {declared.image} is neither here nor in a registry that answers",
        hint="`make setup` builds drillmaster's own; build or load another under that name, "
        "or name its Dockerfile's folder with `build:`",
    )
