"""What every kind promises, whoever wrote it; a new file under `orchestrator/kinds` is tested by being there."""

from __future__ import annotations

import inspect
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from orchestrator.core.catalogue import discovered
from orchestrator.core.kind import Check, Disaster, Kind
from reports.facts.events import State

if TYPE_CHECKING:
    from fake_docker import Program
    from fakes import World

    from orchestrator.core.lab import Lab

TESTS = Path(__file__).parents[2]
KINDS = discovered().kinds
NEEDS_MORE = {"damage-sql", "lose-region"}
"""Disasters that need a server, or several services, to be confirmed: other tests hold them to the same promise."""
DISASTERS = [name for name, kind in KINDS.items() if issubclass(kind, Disaster) and name not in NEEDS_MORE]
assert DISASTERS, "no disasters found: the detection is broken"


def programs_of(name: str) -> dict[str, Program]:
    """Return the commands that the kind's own test teaches the fake: its `PROGRAMS`, if it has any."""
    module = f"{__package__}.test_{name.replace('-', '_')}"
    return getattr(import_module(module), "PROGRAMS", {}) if find_spec(module) else {}


every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def example(kind: type[Kind]) -> Kind:
    """Return the kind as its example states it."""
    [(name, settings)] = YAML(typ="safe", pure=True).load(kind.example).items()
    assert name == kind.kind
    return kind.model_validate(settings if isinstance(settings, dict) else {kind.main: settings})


@every_kind
def test_it_is_named_after_its_file(kind: type[Kind]) -> None:
    """Who reads a drill finds the code, and the other way round."""
    assert kind.__module__.rpartition(".")[2].replace("_", "-") == kind.kind
    assert kind.__name__.lower() == kind.kind.replace("-", "")


@every_kind
def test_its_example_is_a_drills_line(kind: type[Kind]) -> None:
    """The catalogue's line can be copied."""
    assert isinstance(example(kind), kind)


@every_kind
def test_it_says_what_it_does_and_every_setting_what_it_means(kind: type[Kind]) -> None:
    """The catalogue and the schema are made of nothing else."""
    assert inspect.cleandoc(kind.__doc__ or "")
    assert [name for name, field in kind.model_fields.items() if not field.description] == []


@every_kind
def test_what_it_proves_is_said(kind: type[Kind]) -> None:
    """Disasters and checks are evidence: the report says of what, and their text what they do not show."""
    if issubclass(kind, Disaster | Check):
        assert kind.proves.endswith(".")
        assert "\n\n" in inspect.cleandoc(kind.__doc__ or ""), "what it proves, and what not, is the second paragraph"


@every_kind
def test_its_title_tells_kind_and_main_setting(kind: type[Kind]) -> None:
    """The timeline names it as the drill does."""
    assert example(kind).title == f"{kind.kind}: {example(kind).model_dump(by_alias=True)[kind.main]}"


@every_kind
def test_it_is_a_frozen_value(kind: type[Kind]) -> None:
    """What was planned is what is run."""
    known = example(kind)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(known, next(iter(kind.model_fields)), "changed")


@every_kind
def test_it_refuses_unknown_settings(kind: type[Kind]) -> None:
    """A typing mistake is never ignored."""
    with pytest.raises(ValidationError, match="no_such_setting"):
        kind.model_validate({**example(kind).model_dump(by_alias=True), "no_such_setting": 1})


@every_kind
def test_it_has_a_test(kind: type[Kind]) -> None:
    """Some test names its module; tests/unit/kinds/test_kill_service.py is the pattern to copy."""
    assert [test for test in TESTS.rglob("test_*.py") if kind.__module__ in test.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", DISASTERS)
def test_a_disaster_is_confirmed_only_once_it_happened(name: str, disk_lab: Lab, world: World) -> None:
    """Before, the look says that nothing is damaged; after, that it is."""
    world.docker.programs.update(programs_of(name))
    disaster = example(KINDS[name])
    assert isinstance(disaster, Disaster)
    assert disaster.confirm(disk_lab).state != State.HELD
    disaster.inject(disk_lab)
    confirmation = disaster.confirm(disk_lab)
    assert (confirmation.name, confirmation.state) == ("disaster-confirmed", State.HELD)
