"""A `build` says how one image is made: of another image that is laid over it, it says nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.core.tree import Node


def without_foreign_builds(under: Node, laid_over: Node) -> Node:
    """Return the drill `laid_over` without the builds that were declared `under` it, for an image it no longer has."""
    lab = laid_over.at("lab")
    services = lab.at("services")
    if not services.entries:
        return laid_over
    kept = {
        name: _without_build(service) if _is_foreign(under.at("lab", "services", name), service) else service
        for name, service in services.entries.items()
    }
    lab = replace(lab, value={**lab.entries, "services": replace(services, value=kept)})
    return replace(laid_over, value={**laid_over.entries, "lab": lab})


def _is_foreign(under: Node, service: Node) -> bool:
    """Return whether the build is the very one of `under`, and the image another."""
    builds = [each.entries.get("build") for each in (under, service)]
    return builds[0] == builds[1] and under.at("image").value != service.at("image").value


def _without_build(service: Node) -> Node:
    return replace(service, value={name: node for name, node in service.entries.items() if name != "build"})
