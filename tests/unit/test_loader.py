"""Drill files that are right: what becomes of them."""

from __future__ import annotations

from contextlib import chdir
from typing import TYPE_CHECKING

import pytest
from drill_kinds import CATALOGUE, DRILL, LoseVolume, Mend, Playbook

from orchestrator.core import loader
from orchestrator.core.drill import ServiceObjectives
from orchestrator.core.errors import BadDrillError
from orchestrator.core.files import DRILLS, PLAYBOOKS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orchestrator.core.drill import LoadedDrill

BUILT = DRILL.replace("image: postgres:15", "image: postgres:15\n      build: images/db")


def load(folder: Path, text: str = DRILL, overrides: Sequence[str] = (), name: str = "drill.yaml") -> LoadedDrill:
    """Write a drill and load it with the throw-away kinds."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return loader.load(file, overrides, CATALOGUE)


def test_a_drill_becomes_frozen_typed_values(tmp_path: Path) -> None:
    """Durations are seconds, sizes are bytes, kinds are instances of their classes."""
    loaded = load(tmp_path)
    drill = loaded.drill
    assert (drill.objectives.rto, drill.objectives.rpo, drill.lab.services["db"].memory) == (120.0, 5.0, 2**30)
    assert drill.disaster == [LoseVolume(service="db", volume="data")]
    assert (loaded.file, loaded.folder, loaded.playbooks) == (tmp_path / "drill.yaml", tmp_path, PLAYBOOKS)
    assert loaded.altered == ()


@pytest.mark.parametrize(
    "written",
    ["mend: db", "mend: {service: db}", "mend: {service: db, timeout: 10m}", "{mend: db}", "mend:\n      service: db"],
)
def test_a_kind_may_be_written_in_several_forms(tmp_path: Path, written: str) -> None:
    """A scalar stands for the main setting; all forms mean the same."""
    loaded = load(tmp_path, DRILL.replace("mend: db", written))
    assert loaded.drill.recover == [Mend(service="db")]
    assert loaded.digest() == load(tmp_path).digest()


@pytest.mark.parametrize("written", ["rows-content", "rows-content:", "rows-content: {}"])
def test_a_kind_whose_settings_all_have_defaults_may_stand_bare(tmp_path: Path, written: str) -> None:
    """Nothing has to be written where nothing is asked for."""
    assert load(tmp_path, DRILL.replace("rows-content: db", written)).digest() == load(tmp_path).digest()


def test_anchors_and_merge_keys_are_understood(tmp_path: Path) -> None:
    """YAML's own ways of not repeating oneself work; an own key wins over a merged one."""
    service = "    db:\n      type: postgres\n"
    merged = "    other: &other {type: redis, image: redis:7}\n    db:\n      <<: *other\n      type: postgres\n"
    services = load(tmp_path, DRILL.replace(service, merged)).drill.lab.services
    assert [(one.type, one.image) for one in services.values()] == [("redis", "redis:7"), ("postgres", "postgres:15")]


def test_yaml_is_1_2(tmp_path: Path) -> None:
    """`on` and a date are text, `true` is not."""
    text = DRILL.replace("{archive_timeout: 2s}", "{a: on, b: 2024-01-01, c: true, d: 12, e: 1.5}")
    assert load(tmp_path, text).drill.lab.services["db"].settings == {
        "a": "on",
        "b": "2024-01-01",
        "c": True,
        "d": 12,
        "e": 1.5,
    }


def test_a_file_is_laid_over_the_one_it_extends(tmp_path: Path) -> None:
    """Mappings are merged deeply, lists replaced; the result stands for itself."""
    load(tmp_path)
    loaded = load(
        tmp_path,
        "extends: ../drill.yaml\ndrill: control\nobjectives: {rto: 30s}\nrecover: [mend: db, mend: db]\n",
        name="sabotaged/control.yaml",
    )
    assert (loaded.drill.drill, loaded.drill.title) == ("control", "The disk is gone")
    assert (loaded.drill.objectives.rto, loaded.drill.objectives.rpo) == (30.0, 5.0)
    assert len(loaded.drill.recover) == 2
    assert "extends" not in loaded.effective()


def test_files_are_found_beside_the_drill_then_beside_what_it_extends(tmp_path: Path) -> None:
    """A control finds its parent's image and playbooks, and may bring its own."""
    for folder in ("images/db", "sabotaged"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "images/db/Dockerfile").touch()
    for playbook in ("fix.yml", "sabotaged/own.yml", "sabotaged/fix.yml"):
        (tmp_path / playbook).touch()
    load(tmp_path, BUILT.replace("mend: db", "playbook: fix.yml"))
    loaded = load(
        tmp_path,
        "extends: ../drill.yaml\ndrill: control\nprotect: [playbook: own.yml]\n",
        name="sabotaged/control.yaml",
    )
    assert loaded.resolve("images/db") == tmp_path / "sabotaged" / ".." / "images" / "db" or (
        loaded.resolve("images/db") == tmp_path / "images/db"
    )
    assert loaded.resolve_playbook("fix.yml") == tmp_path / "sabotaged/fix.yml"
    assert loaded.resolve_playbook("own.yml") == tmp_path / "sabotaged/own.yml"
    assert loaded.resolve_playbook("shipped.yml") == PLAYBOOKS / "shipped.yml"


@pytest.mark.parametrize(
    ("over", "sets", "build"),
    [
        ("", (), "images/db"),
        ("lab: {services: {db: {image: postgres:17}}}", (), None),
        ("lab: {services: {db: {image: postgres:15, memory: 2GiB}}}", (), "images/db"),
        ("lab: {services: {db: {image: postgres:17, build: images/new}}}", (), "images/new"),
        ("lab: {services: {db: {build: images/new}}}", (), "images/new"),
        ("", ("lab.services.db.image=postgres:17",), None),
        ("", ("lab.services.db.image=postgres:15",), "images/db"),
        ("", ("lab.services.db.image=postgres:17", "lab.services.db.build=images/db"), "images/db"),
        ("", ("lab.services.db.build=images/new", "lab.services.db.image=postgres:17"), "images/new"),
        ("lab: {services: {db: {image: postgres:17}}}", ("lab.services.db.image=postgres:15",), None),
    ],
)
def test_a_build_belongs_to_the_image_it_was_declared_with(
    tmp_path: Path, over: str, sets: tuple[str, ...], build: str | None
) -> None:
    """Another image, laid or set over it, is never made of it; a build that comes along with that image is its own."""
    for folder in ("images/db", "images/new"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "Dockerfile").touch()
    (tmp_path / "drill.yaml").write_text(BUILT)
    service = load(tmp_path, f"extends: drill.yaml\n{over}\n", sets, name="over.yaml").drill.lab.services["db"]
    assert (service.build.context if service.build else None) == build


def test_what_is_set_wins_over_the_file(tmp_path: Path) -> None:
    """`--set` reaches settings, list items with or without their kind's name, and settings not in the file."""
    (tmp_path / "fix.yml").touch()
    loaded = load(
        tmp_path,
        DRILL.replace("mend: db", "playbook: {playbook: old.yml, timeout: 5m}"),
        [
            "objectives.given_up=1m",
            "lab.services.db.image=postgres:16",
            "recover.0.timeout=90s",
            "recover.0.playbook=fix.yml",
            "recover.0.playbook.tags=[fast, dry]",
            "steady.for=1s",
            "checks=[rows-content]",
        ],
    )
    drill = loaded.drill
    assert drill.objectives.given_up == 60.0
    assert drill.lab.services["db"].image == "postgres:16"
    assert drill.recover == [Playbook(playbook="fix.yml", timeout="90s", tags=("fast", "dry"))]
    assert drill.steady.wait == 1.0


def test_what_is_set_on_the_criteria_marks_the_run_as_altered(tmp_path: Path) -> None:
    """Objectives, checks, steps and the times they are judged by alter a run; its surroundings do not."""
    neutral = ["steady.for=1s", "lab.services.db.image=x", "seed=7", "workload.0.service=db", "title=x", "owner=me"]
    criteria = [
        "objectives.rto=500ms",
        "recover.0.timeout=1s",
        "checks.0.service=db",
        "settle=1s",
        "give_up=500ms",
        "assume.detect=1m",
        "recover_to=before-disaster",
        "detect_within=1s",
        "disaster.0.volume=repo",
    ]
    assert load(tmp_path, DRILL, [*neutral, *criteria]).altered == tuple(criteria)


@pytest.mark.parametrize("overrides", [(), ("lab.services.db.settings={a: on, b: '1', c: 2024-01-01, d: 0.1}",)])
def test_the_effective_drill_loads_to_the_same_drill(tmp_path: Path, overrides: tuple[str, ...]) -> None:
    """What the record keeps is the drill: dumped, it loads to equal values and an equal digest."""
    loaded = load(tmp_path, DRILL + "seed: 7\nassume: {detect: 5m}\n", overrides)
    again = load(tmp_path, loader.dump(loaded), name="effective.yaml")
    assert (again.drill, again.digest()) == (loaded.drill, loaded.digest())


def test_the_effective_drill_spells_everything_out(tmp_path: Path) -> None:
    """Defaults are in, kinds are `{kind: settings}`, durations and sizes are text."""
    effective = load(tmp_path).effective()
    assert effective["objectives"] == {"rto": "2m", "rpo": "5s"}
    assert effective["recover"] == [{"mend": {"timeout": "10m", "service": "db"}}]
    assert effective["steady"] == {"for": "10s", "jitter": "5s"}
    assert effective["lab"]["services"]["db"]["memory"] == "1GiB"


def test_the_digest_changes_with_the_meaning_only(tmp_path: Path) -> None:
    """Another order or form of the same drill has the same digest, another value has not."""
    digest = load(tmp_path).digest()
    assert load(tmp_path, "seed: null\n" + DRILL.replace("rto: 2m", "rto: 120s")).digest() == digest
    assert load(tmp_path, DRILL.replace("rto: 2m", "rto: 121s")).digest() != digest


def test_a_drill_is_found_by_path_or_shipped_name(tmp_path: Path) -> None:
    """A path wins; a name stands for the shipped drill, controls included."""
    file = tmp_path / "own.yaml"
    file.touch()
    assert loader.find(str(file)) == file
    assert loader.find("postgres-volume-loss") == DRILLS / "postgres-volume-loss.yaml"
    assert loader.find("rows-deleted") == DRILLS / "sabotaged" / "rows-deleted.yaml"
    (tmp_path / "postgres-crash").mkdir()
    with chdir(tmp_path):
        assert loader.find("postgres-crash") == DRILLS / "postgres-crash.yaml", "a folder of that name is no drill"
    assert set(loader.shipped()) == {*DRILLS.glob("*.yaml"), *DRILLS.glob("sabotaged/*.yaml")}


def test_a_drill_that_is_not_found_names_the_nearest() -> None:
    """A misspelt name is answered with the right one."""
    with pytest.raises(BadDrillError) as caught:
        loader.find("postgres-volume-los")
    assert caught.value.message == (
        "postgres-volume-los: no such file, and no drill of that name is shipped, did you mean 'postgres-volume-loss'?"
    )


def test_single_services_have_promises_of_their_own(tmp_path: Path) -> None:
    """They are set like all others, from the command line too."""
    text = DRILL.replace("workload:\n", "    cache: {type: redis, image: any:1}\nworkload:\n  - traffic: cache\n")
    text = text.replace(
        "rpo: 5s}", "rpo: 5s, services: {db: {rto: 1m}, cache: {rpo: none, rpo_reason: it is a cache}}}"
    )
    drill = load(tmp_path, text, ["objectives.services.db.rto=30s"]).drill
    assert drill.objectives.services == {
        "db": ServiceObjectives(rto="30s"),
        "cache": ServiceObjectives(rpo="none", rpo_reason="it is a cache"),
    }
