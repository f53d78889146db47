"""What can be done to a drill to prove its checks: the negative controls beside it, and those that are made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.core import catalogue
from orchestrator.core.drill import LONGEST_NAME
from orchestrator.core.errors import CannotRunError
from orchestrator.core.files import read_source
from orchestrator.core.kind import Sabotage
from reports.facts.names import OF_EACH_SERVICE, of_service
from reports.yaml.mistakes import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.drill import Drill, Expect, LoadedDrill

CONTROLS = "sabotaged"
"""The folder beside a drill in which its negative controls lie."""


@dataclass(frozen=True)
class Fault:
    """A sabotage that suits a drill, and how it must be caught."""

    name: str
    sabotage: Sabotage
    expect: Expect


def suited(drill: Drill) -> list[Fault]:
    """Return what every kind of sabotage can do to a drill; of the same on several services each has its own name."""
    found = [one for kind in _kinds() for one in kind.suited(drill)]
    times = Counter(sabotage.fault for sabotage, _ in found)
    return [
        Fault(_name(sabotage, alone=times[sabotage.fault] == 1), sabotage, _of_services(drill, sabotage, expect))
        for sabotage, expect in found
    ]


def _of_services(drill: Drill, sabotage: Sabotage, expect: Expect) -> Expect:
    """Return the expectation with what is found of each of several services by the names of those that are hit."""
    written = [service for workload in drill.workload for service in workload.services()]
    if len(written) <= 1:
        return expect
    hit = [service for service in written if service in sabotage.services()] or written
    by = (
        found
        for name in expect.by
        for found in ([of_service(service, name) for service in hit] if name in OF_EACH_SERVICE else [name])
    )
    return expect.model_copy(update={"by": tuple(by)})


def _kinds() -> list[type[Sabotage]]:
    return [kind for kind in catalogue.discovered().kinds.values() if issubclass(kind, Sabotage)]


def _name(sabotage: Sabotage, *, alone: bool) -> str:
    return sabotage.fault if alone else "-".join([sabotage.fault, *sabotage.services()])


def sabotaged(loaded: LoadedDrill, name: str) -> LoadedDrill:
    """Return the negative control that a fault, named so or by its kind, makes of a drill.

    Raises CannotRunError for a drill that is a control already, and for a name that stands for no fault, or several.
    """
    refuse_a_control(loaded)
    drill, fault = loaded.drill, _chosen(loaded.drill, name)
    control = drill.model_copy(
        update={
            "drill": f"{drill.drill}-with-{fault.name}"[:LONGEST_NAME],
            "title": f"Control: {fault.sabotage.title} is put in, and must be caught. {drill.title}",
            "sabotage": [*drill.sabotage, fault.sabotage],
            "expect": fault.expect,
        }
    )
    return loaded.model_copy(update={"drill": control})


def refuse_a_control(loaded: LoadedDrill) -> None:
    """Raise CannotRunError for a drill that is itself a negative control."""
    if loaded.drill.expect is not None:
        raise CannotRunError(
            f"{loaded.file}: {loaded.drill.drill} is itself a negative control", hint="name the drill that it extends"
        )


def _chosen(drill: Drill, name: str) -> Fault:
    faults = suited(drill)
    fitting = [fault for fault in faults if fault.name == name] or [
        fault for fault in faults if fault.sabotage.kind == name
    ]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        says = f"{name} can be done to {drill.drill} in {len(fitting)} ways"
        raise CannotRunError(says, hint=f"name one: {', '.join(fault.name for fault in fitting)}")
    names, kinds = [fault.name for fault in faults], [kind.kind for kind in _kinds()]
    suits = f"{name} does not suit {drill.drill}"
    says = suits if name in kinds else f"no sabotage named {name!r}{did_you_mean(name, [*names, *kinds])}"
    raise CannotRunError(says, hint=f"what suits {drill.drill}: {', '.join(names) or 'nothing'}")


def control_files(drill: Path) -> list[Path]:
    """Return the negative controls of a drill, by name: in `sabotaged/` beside it, made of it and of no drill between.

    A control may extend another one. What extends a drill that builds on this one is that drill's control.
    """
    return [file for file in sorted((drill.parent / CONTROLS).glob("*.yaml")) if drill.resolve() == drill_of(file)]


def drill_of(control: Path) -> Path | None:
    """Return the nearest drill that a control is made of; None for what is no control, or cannot be read."""
    nearest = next((file.resolve() for file in read_source(control).files if not _is_control(file)), None)
    return nearest if nearest != control.resolve() else None


def _is_control(file: Path) -> bool:
    tree = read_source(file).tree
    return tree is not None and tree.at("expect").value is not None
