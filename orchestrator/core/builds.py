"""A `build` says how one image is made: of another image that is laid over it, it says nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.yaml.tree import Node


def without_foreign_builds(under: Node, laid_over: Node) -> Node:
    """Return the drill `laid_over` without the builds that were declared `under` it, for an image it no longer has."""
    for name, service in laid_over.at("lab", "services").entries.items():
        place = ("lab", "services", name)
        if _is_foreign(under.at(*place), service):
            laid_over = laid_over.put(place, _without_build(service))
    return laid_over


def _is_foreign(under: Node, service: Node) -> bool:
    """Return whether the build is the very one of `under`, and the image another."""
    builds = [each.entries.get("build") for each in (under, service)]
    return builds[0] == builds[1] and under.at("image").value != service.at("image").value


def _without_build(service: Node) -> Node:
    return replace(service, value={name: node for name, node in service.entries.items() if name != "build"})
