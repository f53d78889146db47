"""What a drill may name: every kind and service type there is, and what is generated from them.

Nothing is imported before it is asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from orchestrator.core.discovery import discover_kinds, discover_software, names_in
from orchestrator.core.errors import BadDrillError
from orchestrator.core.files import DRILLS
from orchestrator.core.items import sort_of
from orchestrator.core.pages import kind_markdown, kinds_markdown
from orchestrator.core.schema import drill_schema, summary
from reports.yaml.mistakes import Mistake, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from orchestrator.core.kind import Kind
    from orchestrator.core.software_port import Software

KINDS, SOFTWARE = "orchestrator.kinds", "orchestrator.software"


@dataclass(frozen=True)
class Catalogue:
    """What a drill may name."""

    kinds: Mapping[str, type[Kind]]
    """By YAML name, sort by sort."""
    service_types: tuple[str, ...]


@cache
def discovered() -> Catalogue:
    """Return the catalogue of this installation; raises BrokenPromiseError naming every file that breaks one."""
    return Catalogue(discover_kinds(KINDS), names_in(SOFTWARE))


def software() -> dict[str, Software]:
    """Return one adapter for each service type, by type."""
    return discover_software(SOFTWARE)


def listing() -> list[str]:
    """Return one line for each kind: name, sort, what it does."""
    kinds = discovered().kinds
    width = max(map(len, kinds))
    return [f"{name:{width}}  {sort_of(kind):8}  {summary(kind)}" for name, kind in kinds.items()]


def describe(name: str) -> str:
    """Return one kind's section of the catalogue's page; raises BadDrillError with the nearest name."""
    kinds = discovered().kinds
    if name not in kinds:
        raise BadDrillError([Mistake(name, 0, "", f"no kind of that name{did_you_mean(name, kinds)}")])
    return kind_markdown(kinds[name])


def generated() -> dict[Path, str]:
    """Return every generated file with the content it should have."""
    known = discovered()
    schema = drill_schema(known.kinds, known.service_types)
    return {
        DRILLS / "KINDS.md": kinds_markdown(known.kinds),
        DRILLS / "schema.json": json.dumps(schema, indent=1) + "\n",
    }
