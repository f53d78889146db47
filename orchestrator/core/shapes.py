"""The shapes of a drill: it destroys and recovers a system, recovers a backup that is there already, or is a tabletop.

What is said of a system that is lost (its traffic, its disaster, people who notice) has no place in the second: there
is none. In exchange it must look at what it recovered by itself, and let the copy reach nobody. A tabletop is of people
alone: it has no lab, and nothing to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.declared_lab import LabDeclaration
from orchestrator.core.drill import Drill
from orchestrator.core.kind import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.kind import Settings
    from orchestrator.core.rules import Draft
    from reports.yaml.mistakes import Mistake
    from reports.yaml.tree import Node

OF_A_LOSS = ("prepare", "workload", "disaster", "detect", "backup_age")
"""Settings that only a system to be lost gives a meaning; others, such as `steady`, have defaults that do no harm."""
OF_A_SYSTEM = (*OF_A_LOSS, "protect", "checks", "tiers")
"""Settings that only a system, lost or restored, gives a meaning."""
CONTENT = "-content"
LOOKS = ("-restored", "-query")
"""Ends of the names of checks that look at data with nothing of before to compare it with."""
ISOLATION = "no-egress"


def broken_shape(draft: Draft) -> Iterator[Mistake]:
    """Yield what a drill of its shape lacks, and what it must not have."""
    if "tabletop" in draft.tree.entries:
        yield from _of_tabletop(draft)
        return
    yield from _of_system(draft.tree)
    protect = [placed.kind for placed in draft.kinds if placed.place[0] == "protect"]
    if any(isinstance(kind, Step) and kind.existing for kind in protect):
        yield from _of_existing(draft)
    elif len(protect) == len(draft.tree.at("protect").items):  # else it may be of the other shape, and nobody can tell
        yield from _of_loss(draft)


def _of_system(tree: Node) -> Iterator[Mistake]:
    yield from _needed(tree, ("lab",), Drill)
    if "lab" in tree.entries:
        yield from _needed(tree, ("lab", "services"), LabDeclaration)
    yield from _needed(tree, ("checks",), Drill)


def _needed(tree: Node, place: tuple[str, ...], model: type[Settings]) -> Iterator[Mistake]:
    """Yield that a setting is not there, or is empty, which a drill of another shape may leave out."""
    *within, name = place
    if name not in tree.at(*within).entries:
        description = str(model.model_fields[name].description).partition(";")[0]
        yield tree.mistake(place, f"missing setting ({description[:1].lower()}{description[1:].rstrip('.')})")
    elif tree.at(*place).value in ([], {}):
        yield tree.mistake(place, "must have at least 1 item, not 0")


def _of_loss(draft: Draft) -> Iterator[Mistake]:
    tree = draft.tree
    for name in ("workload", "disaster"):
        yield from _needed(tree, (name,), Drill)
    if _checks(draft) and not any(name.endswith(CONTENT) for name in _checks(draft)):
        says = "no check compares the content; add one, such as postgres-content: without it an empty service passes"
        yield tree.mistake(("checks",), says)


def _of_existing(draft: Draft) -> Iterator[Mistake]:
    tree = draft.tree
    for name in OF_A_LOSS:
        if tree.at(name).value not in (None, []):
            yield tree.mistake((name,), "has no meaning for an existing backup: there is no system that is lost")
    yield from _assumed(tree, "has no meaning for an existing backup: people are not in its clock")
    if tree.at("recover_to").value not in (None, "latest"):
        yield tree.mistake(("recover_to",), "is a setting of `existing` here: `until`")
    checks = _checks(draft)
    for name in checks:
        if name.endswith(CONTENT):
            says = f"{name} compares with what the service held before, and of an existing backup there is no before"
            yield tree.mistake(("checks",), says)
    if checks and not any(name.endswith(LOOKS) for name in checks):
        says = "no check looks at the data; add one, such as postgres-restored: without it an empty service passes"
        yield tree.mistake(("checks",), says)
    if checks and ISOLATION not in checks:
        says = f"no check looks for a way out; add {ISOLATION}: a copy of production must reach nobody"
        yield tree.mistake(("checks",), says)


def _of_tabletop(draft: Draft) -> Iterator[Mistake]:
    tree = draft.tree
    for name in (*(name for name in OF_A_SYSTEM if tree.at(name).value), *(["lab"] * bool(draft.services))):
        yield tree.mistake((name,), "has no meaning for a tabletop: there is no system, only people")
    yield from _assumed(tree, "has no meaning for a tabletop: people take part")
    if tree.at("recover_to").value not in (None, "latest"):
        yield tree.mistake(("recover_to",), "has no meaning for a tabletop: nothing is restored")
    if tree.at("objectives", "rpo").value not in (None, "none"):
        yield tree.mistake(("objectives", "rpo"), "has no meaning for a tabletop: write none, and why")
    for name in ("given_up", "common_point", "services"):
        if name in tree.at("objectives").entries:
            yield tree.mistake(("objectives", name), "has no meaning for a tabletop: nothing is restored")
    for placed in draft.kinds:
        if placed.place[0] == "recover" and not (isinstance(placed.kind, Step) and placed.kind.by_people):
            says = f"{placed.kind.kind} is no step of a tabletop, which is of `manual` and `call` alone"
            yield tree.mistake(placed.place, says)


def _assumed(tree: Node, says: str) -> Iterator[Mistake]:
    for name, node in tree.at("assume").entries.items():
        if node.value not in (0, "0s"):
            yield tree.mistake(("assume", name), says)


def _checks(draft: Draft) -> list[str]:
    return [name for item in draft.tree.at("checks").items for name in item.entries]
