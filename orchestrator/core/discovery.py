"""Kinds and service types found by their files: a new one is a new file and nothing else.

What such a file must keep to is checked here, so that a kind which breaks it is never half known.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from orchestrator.core.items import sort_of, spelled_item
from orchestrator.core.kind import Check, Disaster, Kind, Sabotage, Step, Workload
from reports.yaml.lines import read
from reports.yaml.settings_of import fields_of
from reports.yaml.wording import mistakes_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from orchestrator.core.software_port import Software

FOLDERS: Mapping[str, type[Kind]] = {
    "steps": Step,
    "workloads": Workload,
    "disasters": Disaster,
    "checks": Check,
    "sabotage": Sabotage,
}


class BrokenPromiseError(Exception):
    """A file of ours breaks what its place promises: a mistake in the program, never in a drill."""


def discover_kinds(package: str) -> dict[str, type[Kind]]:
    """Return the kinds in the folders of `package`, each with its name; raises BrokenPromiseError with all problems."""
    kinds: dict[str, type[Kind]] = {}
    problems: list[str] = []
    for folder, sort in FOLDERS.items():
        for name in names_in(f"{package}.{folder}"):
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


def discover_software(package: str) -> dict[str, Software]:
    """Return one adapter for each service type in `package`, by type; raises BrokenPromiseError."""
    found = {}
    for name in names_in(package):
        module = importlib.import_module(f"{package}.{name.replace('-', '_')}")
        classes = [cls for cls in _classes(module) if getattr(cls, "type", None) == name]
        if len(classes) != 1:
            raise BrokenPromiseError(f"{module.__file__}: must hold one class with type = {name!r}")
        found[name] = classes[0]()
    return found


def names_in(package: str) -> tuple[str, ...]:
    """Return the YAML names of a package's modules, none of which is imported."""
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
        return
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
    if node is None or mistakes:
        return f"the example is no YAML: {mistakes[0].says}"
    item = spelled_item(node, {kind.kind: kind})
    if list(item.entries) != [kind.kind]:
        return f"the example names no {kind.kind!r}"
    try:
        kind.model_validate(item.at(kind.kind).plain())
    except ValidationError as error:
        [mistake, *_] = mistakes_in(error, kind, item, (kind.kind,))
        return f"in the example: {mistake.path}: {mistake.says}"
    return ""
