"""Drill files read into frozen values. Every mistake in a file is reported at once, in its author's words."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pydantic import ValidationError
from ruamel.yaml import YAML

from orchestrator.core import catalogue as catalogues
from orchestrator.core import overrides as overriding
from orchestrator.core.drill import KIND_LISTS, Drill, LoadedDrill
from orchestrator.core.errors import BadDrillError
from orchestrator.core.files import PLAYBOOKS, find, read_source, shipped
from orchestrator.core.items import read_kinds, spelled_out
from orchestrator.core.rules import Draft, broken_rules
from orchestrator.core.spares import with_spares_filled
from reports.yaml.wording import mistakes_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.core.catalogue import Catalogue
    from orchestrator.core.items import PlacedKind
    from reports.yaml.mistakes import Mistake
    from reports.yaml.tree import Node

__all__ = ["dump", "find", "load", "shipped"]


def load(file: Path, overrides: Sequence[str] = (), catalogue: Catalogue | None = None) -> LoadedDrill:
    """Return the drill in `file`, laid over what it extends, with `path=value` overrides put in.

    Raises BadDrillError with every mistake found. Nothing is run and nothing but files is looked at.
    """
    known = catalogue or catalogues.discovered()
    source = read_source(file)
    if source.tree is None:
        raise BadDrillError(source.mistakes)
    tree, mistakes = overriding.apply(spelled_out(source.tree, known.kinds), overrides, known.kinds)
    tree = with_spares_filled(tree)
    kinds, wrong_kinds = read_kinds(tree, known.kinds)
    draft = Draft(tree, kinds, known.service_types, source.folders, PLAYBOOKS)
    drill, wrong_settings = _drill(tree, kinds, wrong_kinds)
    mistakes += [*source.mistakes, *wrong_kinds, *wrong_settings, *broken_rules(draft)]
    if drill is None or mistakes:
        raise BadDrillError(list(dict.fromkeys(mistakes)))
    return LoadedDrill(
        drill=drill,
        file=file,
        folder=file.parent,
        extended=source.folders[1:],
        playbooks=PLAYBOOKS,
        altered=overriding.altering(overrides),
    )


def _drill(tree: Node, kinds: list[PlacedKind], wrong_kinds: list[Mistake]) -> tuple[Drill | None, list[Mistake]]:
    """Return the drill around its kinds, and the mistakes that are not those of kinds."""
    values = tree.plain()
    for name in KIND_LISTS:
        if tree.at(name).items:
            values[name] = [placed.kind for placed in kinds if placed.place[0] == name]
    reported = {mistake.path.split(".")[0] for mistake in wrong_kinds}
    try:
        return Drill.model_validate(values), []
    except ValidationError as error:
        mistakes = mistakes_in(error, Drill, tree)
        return None, [mistake for mistake in mistakes if mistake.path not in reported]


def dump(loaded: LoadedDrill) -> str:
    """Return the effective drill as one YAML file that loads to the same drill."""
    text = io.StringIO()
    YAML().dump(loaded.effective(), text)
    return text.getvalue()
