"""What there is: every kind and service type, found by its file. A new one is a new file and nothing else.

Nothing is imported before it is asked for. What a kind's file must keep to is checked here, so that a kind which breaks
it is never half known.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping  # noqa: TC003 - dataclasses show it
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from orchestrator.core.items import read_kind, sort_of
from orchestrator.core.kind import Check, Disaster, Kind, Sabotage, Step, Workload
from orchestrator.core.settings_of import fields_of
from orchestrator.core.yaml_lines import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from orchestrator.core.ports import Software

FOLDERS: Mapping[str, type[Kind]] = {
    "steps": Step,
    "workloads": Workload,
    "disasters": Disaster,
    "checks": Check,
    "sabotage": Sabotage,
}


class BrokenPromiseError(Exception):
    """A file of ours breaks what its place promises: a mistake in the program, never in a drill."""


@dataclass(frozen=True)
class Catalogue:
    """What a drill may name."""

    kinds: Mapping[str, type[Kind]]
    """By YAML name, in the order of FOLDERS and then of names."""
    service_types: tuple[str, ...]


@cache
def discovered() -> Catalogue:
    """Return the catalogue of this installation; raises BrokenPromiseError naming every file that breaks one."""
    return Catalogue(discover_kinds("orchestrator.kinds"), _names("orchestrator.software"))


def software() -> dict[str, Software]:
    """Return one adapter for each service type, by type."""
    found = {}
    for name in _names("orchestrator.software"):
        module = importlib.import_module(f"orchestrator.software.{name}")
        classes = [cls for cls in _classes(module) if getattr(cls, "type", None) == name]
        if len(classes) != 1:
            raise BrokenPromiseError(f"{module.__file__}: must hold one class with type = {name!r}")
        found[name] = classes[0]()
    return found


def discover_kinds(package: str) -> dict[str, type[Kind]]:
    """Return the kinds in the folders of `package`, each with its name; raises BrokenPromiseError with all problems."""
    kinds: dict[str, type[Kind]] = {}
    problems: list[str] = []
    for folder, sort in FOLDERS.items():
        for name in _names(f"{package}.{folder}"):
            module = importlib.import_module(f"{package}.{folder}.{name.replace('-', '_')}")
            said = list(_broken_promises(module, name, sort))
            if name in kinds:
                said.append(f"{name!r} is already a {sort_of(kinds[name])}")
            problems += [f"{module.__file__}: {problem}" for problem in said]
            if not said:
                kinds[name] = getattr(module, _class_name(name))
    if problems:
        raise BrokenPromiseError("\n".join(problems))
    return kinds


def _names(package: str) -> tuple[str, ...]:
    folders = importlib.import_module(package).__path__
    return tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(folders)))


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _classes(module: ModuleType) -> list[type[Any]]:
    return [cls for _, cls in inspect.getmembers(module, inspect.isclass) if cls.__module__ == module.__name__]


def _broken_promises(module: ModuleType, name: str, sort: type[Kind]) -> Iterator[str]:
    """Yield what the module's kind lacks, and give the kind its name."""
    kinds = [cls for cls in _classes(module) if issubclass(cls, Kind)]
    if [cls.__name__ for cls in kinds] != [_class_name(name)]:
        yield f"must hold one kind, the class {_class_name(name)}"
        return
    kind = kinds[0]
    kind.kind = name
    if not issubclass(kind, sort):
        yield f"{kind.__name__} must be a {sort.__name__}"
    if missing := sorted(getattr(kind, "__abstractmethods__", ())):
        yield f"{kind.__name__} must have {', '.join(missing)}()"
    if not kind.__dict__.get("__doc__"):
        yield f"{kind.__name__} must have a docstring"
    fields = fields_of(kind)
    for setting, field in fields.items():
        if not field.description:
            yield f"setting {setting!r} must have a description"
    if getattr(kind, "main", None) not in fields:
        yield f"{kind.__name__}.main must name one of its settings: {', '.join(fields)}"
    elif problem := _example_problem(kind):
        yield problem


def _example_problem(kind: type[Kind]) -> str:
    """Return why the kind's example does not load as this kind; empty if it does."""
    if not hasattr(kind, "example"):
        return f"{kind.__name__} must have an example"
    node, mistakes = read(kind.example.encode(), "example")
    try:
        if node is None or mistakes:
            return f"the example is no YAML: {mistakes[0].says}"
        read_kind(node, {kind.kind: kind})
    except (ValidationError, LookupError, ValueError) as error:
        return f"the example does not load: {error}"
    return ""
