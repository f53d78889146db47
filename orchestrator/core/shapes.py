"""The two shapes of a drill: one destroys a system and recovers it, the other recovers a backup that is there already.

What is said of a system that is lost (its traffic, its disaster, people who notice) has no place in the second: there
is none. In exchange it must look at what it recovered by itself, and let the copy reach nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.drill import Drill
from orchestrator.core.kind import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.rules import Draft
    from reports.yaml.mistakes import Mistake

OF_A_LOSS = ("prepare", "workload", "disaster", "detect", "backup_age")
"""Settings that only a system to be lost gives a meaning; others, such as `steady`, have defaults that do no harm."""
CONTENT = "-content"
LOOKS = ("-restored", "-query")
"""Ends of the names of checks that look at data with nothing of before to compare it with."""
ISOLATION = "no-egress"


def broken_shape(draft: Draft) -> Iterator[Mistake]:
    """Yield what a drill of its shape lacks, and what it must not have."""
    protect = [placed.kind for placed in draft.kinds if placed.place[0] == "protect"]
    if any(isinstance(kind, Step) and kind.existing for kind in protect):
        yield from _of_existing(draft)
    elif len(protect) == len(draft.tree.at("protect").items):  # else it may be of the other shape, and nobody can tell
        yield from _of_loss(draft)


def _of_loss(draft: Draft) -> Iterator[Mistake]:
    tree = draft.tree
    for name in ("workload", "disaster"):
        if name not in tree.entries:
            description = str(Drill.model_fields[name].description).partition(";")[0]
            yield tree.mistake((name,), f"missing setting ({description[:1].lower()}{description[1:].rstrip('.')})")
        elif tree.at(name).value == []:
            yield tree.mistake((name,), "must have at least 1 item, not 0")
    if _checks(draft) and not any(name.endswith(CONTENT) for name in _checks(draft)):
        says = "no check compares the content; add one, such as postgres-content: without it an empty service passes"
        yield tree.mistake(("checks",), says)


def _of_existing(draft: Draft) -> Iterator[Mistake]:
    tree = draft.tree
    for name in OF_A_LOSS:
        if tree.at(name).value not in (None, []):
            yield tree.mistake((name,), "has no meaning for an existing backup: there is no system that is lost")
    for name, node in tree.at("assume").entries.items():
        if node.value not in (0, "0s"):
            yield tree.mistake(("assume", name), "has no meaning for an existing backup: people are not in its clock")
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


def _checks(draft: Draft) -> list[str]:
    return [name for item in draft.tree.at("checks").items for name in item.entries]
