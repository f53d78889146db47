"""Kinds and service types found by their files, and what is generated from them."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import count
from typing import TYPE_CHECKING

import jsonschema
import pytest
from drill_kinds import CATALOGUE, DRILL

from orchestrator.app import generated_files
from orchestrator.core import catalogue
from orchestrator.core.discovery import BrokenPromiseError, discover_kinds, discover_software
from orchestrator.core.drill import KIND_LISTS, Drill
from orchestrator.core.errors import BadDrillError
from orchestrator.core.files import DRILLS, PROJECT, shipped
from orchestrator.core.pages import kinds_markdown
from orchestrator.core.schema import drill_schema
from reports.yaml.lines import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

NUMBERS = count()
HEADER = """\
from typing import ClassVar
from pydantic import Field
from orchestrator.core.kind import Step, Disaster
"""
STOP_SERVICE = (
    HEADER
    + """
class StopService(Step):
    '''Stop a service.'''

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "stop-service: {service: db, timeout: 5s}"
    service: str = Field(description="The service | its name.")

    def run(self, lab):
        '''Stop it.'''
        return ""
"""
)


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Callable[[Mapping[str, str]], str]]:
    """Make importable packages of kinds, each under a name of its own."""
    sys.path.insert(0, str(tmp_path))

    def make(files: Mapping[str, str]) -> str:
        name = f"throw_away_kinds_{next(NUMBERS)}"
        for folder in ("", "steps", "workloads", "disasters", "checks", "sabotage"):
            (tmp_path / name / folder).mkdir()
            (tmp_path / name / folder / "__init__.py").touch()
        for path, text in files.items():
            (tmp_path / name / path).write_text(text)
        return name

    yield make
    sys.path.remove(str(tmp_path))


def problems(name: str, folder: Path) -> list[str]:
    """Return what discovery says against a package, paths without their folder."""
    with pytest.raises(BrokenPromiseError) as caught:
        discover_kinds(name)
    return str(caught.value).replace(f"{folder / name}/", "").splitlines()


def test_a_kind_is_known_by_its_file(package: Callable[[Mapping[str, str]], str]) -> None:
    """A new file is all it takes; the file's name, with dashes, is the kind's."""
    kinds = discover_kinds(package({"steps/stop_service.py": STOP_SERVICE}))
    assert {name: (kind.__name__, kind.kind) for name, kind in kinds.items()} == {
        "stop-service": ("StopService", "stop-service")
    }


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("    '''Stop a service.'''\n", "", "StopService must have a docstring"),
        ('description="The service | its name."', "", "setting 'service' must have a description"),
        ('main: ClassVar[str] = "service"', 'main: ClassVar[str] = "servis"',
         "StopService.main must name one of its settings: timeout, service"),
        ('    example: ClassVar[str] = "stop-service: {service: db, timeout: 5s}"\n', "",
         "StopService must have an example"),
        ('"stop-service: {service: db, timeout: 5s}"', '"stop-service: {service: [db}"',
         "the example is no YAML: broken YAML at column 28: the [ of line 1 is not closed, or a comma is missing"),
        ('"stop-service: {', '"start-service: {', "the example names no 'stop-service'"),
        ("def run(", "def walk(", "StopService must have run()"),
        ("class StopService(", "class Stop(", "must hold one kind, the class StopService"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_a_promise_is_named(
    package: Callable[[Mapping[str, str]], str], tmp_path: Path, right: str, wrong: str, says: str
) -> None:
    """Each promise that a kind's file must keep is checked, and the message is the next thing to do."""
    assert right in STOP_SERVICE
    name = package({"steps/stop_service.py": STOP_SERVICE.replace(right, wrong)})
    assert problems(name, tmp_path) == [f"steps/stop_service.py: {says}"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("disasters/stop_service.py", "StopService must be a Disaster"),
        ("steps/halt.py", "must hold one kind, the class Halt"),
    ],
)
def test_a_kind_in_the_wrong_place_is_named(
    package: Callable[[Mapping[str, str]], str], tmp_path: Path, path: str, says: str
) -> None:
    """The folder says what sort a kind is of, the file what its class is called."""
    assert problems(package({path: STOP_SERVICE}), tmp_path) == [f"{path}: {says}"]


def test_an_example_that_does_not_load_is_told(package: Callable[[Mapping[str, str]], str], tmp_path: Path) -> None:
    """An example is held to the kind's own settings."""
    name = package({"steps/stop_service.py": STOP_SERVICE.replace("timeout: 5s", "timeout: soon")})
    said = "stop-service.timeout: 'soon' is not a duration; write a number and a unit, such as 500ms, 30s, 2m or 1h30m"
    assert problems(name, tmp_path) == [f"steps/stop_service.py: in the example: {said}"]


def test_all_broken_promises_are_told_at_once(package: Callable[[Mapping[str, str]], str], tmp_path: Path) -> None:
    """Every file that breaks something is listed, and a name taken twice with the sort that has it."""
    name = package(
        {"steps/stop_service.py": STOP_SERVICE, "checks/stop_service.py": STOP_SERVICE, "steps/empty.py": ""}
    )
    assert problems(name, tmp_path) == [
        "steps/empty.py: must hold one kind, the class Empty",
        "checks/stop_service.py: StopService must be a Check",
        "checks/stop_service.py: 'stop-service' is already a step",
    ]


def test_a_service_type_is_known_by_its_file(package: Callable[[Mapping[str, str]], str]) -> None:
    """One class with the file's name as its type is the adapter; a file without one is named."""
    good = package({"steps/redis.py": "class Redis:\n    type = 'redis'\n"})
    assert {name: type(one).__name__ for name, one in discover_software(f"{good}.steps").items()} == {"redis": "Redis"}
    bad = package({"steps/redis.py": "class Redis:\n    type = 'rdis'\n"})
    with pytest.raises(BrokenPromiseError, match=r"steps/redis.py: must hold one class with type = 'redis'$"):
        discover_software(f"{bad}.steps")


def test_every_kind_and_service_type_of_ours_keeps_the_promises() -> None:
    """Discovery over the real folders succeeds and finds what is there."""
    files = [path for path in (PROJECT / "orchestrator/kinds").glob("*/*.py") if path.stem != "__init__"]
    assert files
    assert set(catalogue.discovered().kinds) == {path.stem.replace("_", "-") for path in files}
    assert tuple(catalogue.software()) == catalogue.discovered().service_types


def test_every_list_of_kinds_is_known_as_one() -> None:
    """A setting that lists kinds is in KIND_LISTS, with its sort: only those are read as kinds."""
    annotations = {name: str(field.annotation) for name, field in Drill.model_fields.items()}
    lists = {name: text for name, text in annotations.items() if "orchestrator.core.kind." in text}
    assert lists.keys() == KIND_LISTS.keys()
    assert all(f"kind.{KIND_LISTS[name].__name__}," in text for name, text in lists.items())


def test_a_kind_is_described_by_name() -> None:
    """`describe` is the kind's section of the page; an unknown name is answered with the nearest."""
    assert catalogue.describe("delete-volume").startswith("### delete-volume\n")
    with pytest.raises(BadDrillError) as caught:
        catalogue.describe("delete-volum")
    assert caught.value.message == "delete-volum: no kind of that name, did you mean 'delete-volume'?"


def test_the_listing_has_one_line_for_each_kind() -> None:
    """Name, sort and purpose stand on one line."""
    lines = catalogue.listing()
    assert len(lines) == len(catalogue.discovered().kinds)
    assert any(line.split()[:3] == ["delete-volume", "disaster", "Lose"] for line in lines)


def test_the_page_shows_what_a_kind_takes(package: Callable[[Mapping[str, str]], str]) -> None:
    """Docstring, settings with type and default, and the example; bars do not break the table."""
    kinds = discover_kinds(package({"steps/stop_service.py": STOP_SERVICE}))
    assert kinds_markdown(kinds).partition("## Steps")[2] == (
        "\n\nSomething done to the system, in `prepare`, `protect` and `recover`.\n\n"
        "### stop-service\n\nStop a service.\n\n"
        "| setting | type | default | what it is |\n"
        "|---|---|---|---|\n"
        "| **`service`** | text | required | The service \\| its name. |\n"
        "| `timeout` | duration | `10m` | Longest time the step may take. |\n\n"
        "```yaml\nstop-service: {service: db, timeout: 5s}\n```\n"
    )


@pytest.mark.parametrize(("path", "text"), generated_files().items(), ids=lambda value: getattr(value, "name", ""))
def test_generated_files_are_fresh(path: Path, text: str) -> None:
    """What is generated from the kinds is what they are now."""
    assert path.is_file(), "run: drillmaster kinds --write"
    assert path.read_text(encoding="utf-8") == text, "stale; run: drillmaster kinds --write"


SCHEMA = jsonschema.Draft202012Validator(drill_schema(CATALOGUE.kinds, CATALOGUE.service_types))

OURS = jsonschema.Draft202012Validator(json.loads((DRILLS / "schema.json").read_text(encoding="utf-8")))


def accepted(text: str) -> bool:
    """Return whether the schema takes a drill."""
    document, _ = read(text.encode(), "drill")
    assert document is not None
    return bool(SCHEMA.is_valid(document.plain()))


def test_the_schema_is_a_json_schema() -> None:
    """Editors can rely on it."""
    SCHEMA.check_schema(SCHEMA.schema)
    json.dumps(SCHEMA.schema)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("mend: db", "mend: {service: db, timeout: 5s}"),
        ("rows-content: db", "rows-content"),
        ("rows-content: db", "rows-content:"),
        ("rpo: 5s", "rpo: none, rpo_reason: x"),
        ("image: postgres:15", "image: postgres:15\n      build: images/db"),
        ("image: postgres:15", "image: postgres:15\n      build: {context: images/db}"),
        (DRILL, "extends: other.yaml\ndrill: x\nobjectives: {rto: 5s}\nlab: {services: {db: {memory: 2GiB}}}\n"),
    ],
)
def test_the_schema_takes_every_form(right: str, wrong: str) -> None:
    """Shorthand, full form, bare name and files that extend others are right."""
    assert accepted(DRILL)
    assert accepted(DRILL.replace(right, wrong))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("mend: db", "mend"),
        ("mend: db", "mnd: db"),
        ("mend: db", "{mend: db, playbook: x}"),
        ("mend: db", "rows-content: db"),
        ("mend: db", "mend: {service: db, timeout: 5}"),
        ("lose-volume: {service: db, volume: data}", "lose-volume: db"),
        ("rto: 2m", "rto: 2 minutes"),
        ("rto: 2m, ", ""),
        ("type: postgres", "type: oracle"),
        ("owner: data-platform\n", ""),
        ("image: postgres:15", "imge: postgres:15"),
        ("checks:", "detect:"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(right: str, wrong: str) -> None:
    """Unknown names, wrong units and missing settings are seen in the editor already."""
    assert not accepted(DRILL.replace(right, wrong))


@pytest.mark.parametrize("path", shipped(), ids=lambda path: path.stem)
def test_shipped_drills_fit_the_schema(path: Path) -> None:
    """Editors show no error in a drill of ours."""
    document, _ = read(path.read_bytes(), path.name)
    assert document is not None
    assert [error.message for error in OURS.iter_errors(document.plain())] == []


def test_nothing_is_discovered_before_it_is_asked_for() -> None:
    """Importing the catalogue and the loader imports no kind and no software."""
    code = (
        "import sys, orchestrator.core.loader; "
        "print([name for name in sys.modules if name.startswith(('orchestrator.kinds', 'orchestrator.software'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_drill_on_postgresql_loads_no_other_driver() -> None:
    """Loading it finds every kind there is, but imports no client library of MariaDB or Redis."""
    code = (
        "import sys; from orchestrator.core import loader; loader.load(loader.find('postgres-volume-loss')); "
        "print([name for name in ('pymysql', 'redis') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
