"""Drill files that are wrong: every mistake at once, with file and line, in the author's words."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from drill_kinds import CATALOGUE, DRILL
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.core import loader
from orchestrator.core.errors import BadDrillError
from reports.yaml.lines import read

if TYPE_CHECKING:
    from pathlib import Path


def mistakes(folder: Path, text: str | bytes, *overrides: str, name: str = "drill.yaml") -> list[str]:
    """Return what is wrong with a drill, one line a mistake, file names without their folder."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        loader.load(file, overrides, CATALOGUE)
    except BadDrillError as error:
        return error.message.replace(f"{folder}{os.sep}", "").splitlines()
    return []


DURATION = "write a number and a unit, such as 500ms, 30s, 2m or 1h30m"
CONTENT = "no check compares the content; add one, such as postgres-content: without it an empty service passes"

ONE_MISTAKE = [
    # what is written, what stands there instead, what is said
    ("title: The disk is gone\n", "", "1: title: missing setting (one sentence a manager understands)"),
    (
        "rto: 2m, ",
        "",
        (
            "5: objectives.rto: missing setting "
            "(longest time from the disaster until clients write again, people included)"
        ),
    ),
    (
        "      image: postgres:15\n",
        "",
        "8: lab.services.db.image: missing setting (image to run: taken from here, else pulled, else built)",
    ),
    ("owner: data", "ownr: x\nowner: data", "4: ownr: unknown setting, did you mean 'owner'?"),
    ("rpo: 5s", "rpo: 5s, rpa: 1s", "5: objectives.rpa: unknown setting, did you mean 'rpo'?"),
    ("memory: 1GiB", "memry: 1GiB", "11: lab.services.db.memry: unknown setting, did you mean 'memory'?"),
    ("rto: 2m", "rto: 2", f"5: objectives.rto: 2 is not a duration; {DURATION}"),
    ("rto: 2m", "rto: 0s", "5: objectives.rto: must be greater than 0, not '0s'"),
    ("rto: 2m", "rto: -2m", f"5: objectives.rto: '-2m' is not a duration; {DURATION}"),
    ("rto: 2m", "rto: 36501d", "5: objectives.rto: '36501d' is longer than 36500d"),
    ("rpo: 5s", "rpo: 0s", "5: objectives.rpo: must be greater than 0, not '0s'; or must be 'none', not '0s'"),
    ("rpo: 5s", "rpo: x", f"5: objectives.rpo: 'x' is not a duration; {DURATION}; or must be 'none', not 'x'"),
    ("rpo: 5s", "rpo: none", "5: objectives: `rpo: none` needs rpo_reason, which says why"),
    (
        "rpo: 5s}",
        "rpo: 5s, services: {db: {rto: 1m}}}",
        "5: objectives.services.db: db is the only service with a ledger: promise it of the whole",
    ),
    (
        "rpo: 5s}",
        "rpo: 5s, services: {bd: {rto: 1m}}}",
        "5: objectives.services.bd: no ledger writes to 'bd'; known: db",
    ),
    ("rpo: 5s}", "rpo: 5s, common_point: 1s}", "5: objectives.common_point: needs ledgers on two services at least"),
    ("recover:\n", "tiers: {db: {after: [web]}}\nrecover:\n", "18: tiers.db.after: no tier named 'web'; known: db"),
    ("recover:\n", "tiers:\n  db: {}\n  web: {}\nrecover:\n", "20: tiers.web: no service named 'web'; known: db"),
    (
        "recover:\n",
        "tiers: {db: {after: [web]}, web: {after: [db], services: []}}\nrecover:\n",
        "18: tiers.db.after: they wait for each other: db after web after db",
    ),
    (
        "recover:\n",
        "tiers: {db: {}, all: {services: [db]}}\nrecover:\n",
        "18: tiers: db is in db and all; a service is in one tier",
    ),
    (
        "  - mend: db\n",
        "  - mend: db\n  - playbook: restore-with-pgbackrest.yml\ntiers: {db: {}}\n",
        (
            "20: recover.1.playbook: belongs to no tier: it must name one of their services, db, "
            "or come before all steps that do"
        ),
    ),
    ("1GiB", "1G", "11: lab.services.db.memory: '1G' is not a size; write a number and a unit, such as 512MiB or 2GB"),
    ("title: The disk is gone", "title: 5", "2: title: must be text, not 5; put it in quotes"),
    ("title: The disk is gone", "title:", "2: title: must be text, not nothing"),
    ("title: The disk is gone", "title: ''", "2: title: must have at least 1 character, not ''"),
    (
        "drill: lost-disk",
        "drill: Lost Disk",
        (
            "1: drill: 'Lost Disk' does not fit: "
            "name, also of the evidence folder, in lower-case letters, digits and dashes"
        ),
    ),
    (
        "objectives: {rto: 2m, rpo: 5s}",
        "objectives: 2m",
        (
            "5: objectives: must be a mapping of settings (rto, rpo, rpo_reason, "
            "given_up, common_point, services), not '2m'"
        ),
    ),
    ("rto: 2m", "rto: null", f"5: objectives.rto: nothing is not a duration; {DURATION}"),
    ("memory: 1GiB", "memory: 1KiB", "11: lab.services.db.memory: must be at least 6MiB, not 1KiB"),
    (
        "data: /data",
        "data dir: /data",
        "12: lab.services.db.volumes.data dir: a name here may have up to 40 letters, digits, - and _, not 'data dir'",
    ),
    (
        "volumes: {data: /data, repo: /repo}",
        "volumes: [/data]",
        "12: lab.services.db.volumes: must be a mapping (each entry as `name: value`), not a list",
    ),
    (
        "type: postgres",
        "type: postgre",
        "9: lab.services.db.type: no service type named 'postgre', did you mean 'postgres'?",
    ),
    (
        "data: /data",
        "data: data",
        "12: lab.services.db.volumes.data: must be an absolute path inside the container, not 'data'",
    ),
    (
        "data: /data",
        "data: {path: /data, size: 1MiB}",
        "12: lab.services.db.volumes.data.size: must be at least 16MiB, not 1MiB",
    ),
    (
        "data: /data",
        "data: {path: /data, sise: 1GiB}",
        "12: lab.services.db.volumes.data.sise: unknown setting, did you mean 'size'?",
    ),
    (
        "data: /data",
        "data: {size: 1GiB}",
        "12: lab.services.db.volumes.data.path: missing setting (absolute path inside the container)",
    ),
    (
        "data: /data",
        "data: [/data]",
        "12: lab.services.db.volumes.data: must be text, not a list",
    ),
    ("repo: /repo", "repo: {path: /data/, size: 1GiB}", "12: lab.services.db.volumes: two volumes at one path: /data"),
    ("repo: /repo", "repo: /data/", "12: lab.services.db.volumes: two volumes at one path: /data"),
    (
        "{archive_timeout: 2s}",
        "{a: [1]}",
        ("13: lab.services.db.settings.a: must be text or a whole number or a number or true or false, not a list"),
    ),
    (
        "image: postgres:15",
        "image: postgres:15\n      build: images/db",
        "11: lab.services.db.build: no Dockerfile in {folder}/images/db",
    ),
    (
        "mend: db",
        "mend: {service: db, timeout: 0s}",
        "19: recover.0.mend.timeout: must be greater than 0, not '0s'",
    ),
    ("mend: db", "mend: {service: db, timeout: 5}", f"19: recover.0.mend.timeout: 5 is not a duration; {DURATION}"),
    ("mend: db", "mend: dc", "19: recover.0.mend.service: no service named 'dc'; known: db"),
    ("mend: db", "mend: ''", "19: recover.0.mend.service: no service named ''; known: db"),
    (
        "mend: db",
        "mend: {srvice: db, service: db}",
        "19: recover.0.mend.srvice: unknown setting, did you mean 'service'?",
    ),
    ("mend: db", "mend", "19: recover.0.mend.service: missing setting (the service to mend)"),
    (
        "recover:\n",
        "backup_age: 20s\nrecover:\n",
        "18: backup_age: no playbook in `recover` is told which backup to use",
    ),
    ("mend: db", "mnd: db", "19: recover.0: no step named 'mnd', did you mean 'mend'?"),
    ("mend: db", "lose-volume: db", "19: recover.0: 'lose-volume' is a disaster, not a step"),
    (
        "mend: db",
        "{mend: db, timeout: 5s}",
        (
            "19: recover.0: must be one step as `kind: settings`, not the keys mend, timeout; "
            "indent the settings of mend below it"
        ),
    ),
    ("mend: db", "7", "19: recover.0: must be one step as `kind: settings`, not 7"),
    ("recover:\n  - mend: db", "recover: mend", "18: recover: must be a list (each item behind `- `), not 'mend'"),
    ("recover:\n  - mend: db", "recover: []", "18: recover: must have at least 1 item, not 0"),
    (
        "  - traffic: db",
        "  - traffic: db\n  - traffic: db",
        "16: workload.1.traffic: a second ledger for db: a service has one",
    ),
    (
        "mend: db",
        "playbook: restore-with-pgbackrest",
        (
            "19: recover.0.playbook.playbook: no playbook 'restore-with-pgbackrest' beside the drill or in playbooks/, "
            "did you mean 'restore-with-pgbackrest.yml'?"
        ),
    ),
    ("volume: data}", "volume: dta}", "17: disaster.0.lose-volume.volume: db has no volume 'dta'"),
    ("rows-content: db", "answers: db", f"20: checks: {CONTENT}"),
    (
        "owner: data",
        "sabotage: [spoil: backup]\nowner: data",
        "4: sabotage: needs `expect`: the verdict and the findings that a control must be caught by",
    ),
    (
        "owner: data",
        "expect: {verdict: FAILED, by: [rto]}\nowner: data",
        "4: expect.verdict: must be 'PASS', 'FAIL', 'INCONCLUSIVE' or 'ABORTED', not 'FAILED'",
    ),
    (
        "owner: data",
        "expect: {verdict: FAIL, by: [rto, rows-contents]}\nowner: data",
        "4: expect.by.1: no finding named 'rows-contents', did you mean 'rows-content'?",
    ),
    (
        "owner: data",
        "expect: {verdict: FAIL, by: [recovery-steps]}\nowner: data",
        "4: expect.by.0: no finding named 'recovery-steps', did you mean 'recovery-step'?",
    ),
    (
        "owner: data",
        "expect: {verdict: FAIL, by: [answers]}\nowner: data",
        "4: expect.by.0: no finding named 'answers'",
    ),
    ("owner: data", "give_up: 119s\nowner: data", "4: give_up: must be at least the rto of 2m, not 119s"),
    ("owner: data", "rpo: 1s\nowner: data", "4: rpo: unknown setting, did you mean 'objectives.rpo'?"),
    ("owner: data", "settle: 500ms\nowner: data", "4: settle: must be at least 1s, not 500ms"),
    ("owner: data", "steady: {for: 999ms}\nowner: data", "4: steady.for: must be at least 1s, not 999ms"),
    (
        "owner: data",
        "recover_to: lates\nowner: data",
        "4: recover_to: must be 'latest', 'before-disaster' or 'random', not 'lates'",
    ),
    ("owner: data", "seed: 1.5\nowner: data", "4: seed: must be a whole number, not 1.5"),
    (
        "workload:\n",
        "  endpoints: {app: {service: web}}\nworkload:\n",
        "14: lab.endpoints.app.service: no service named 'web'; known: db",
    ),
    (
        "workload:\n",
        "  endpoints: {db: {service: db}}\nworkload:\n",
        "14: lab.endpoints.db: db is the name of a service already",
    ),
    (
        "image: postgres:15",
        "image: postgres:15\n      uses: [cache]",
        "11: lab.services.db.uses.0: no service named 'cache'; known: db",
    ),
    (
        "image: postgres:15",
        "image: postgres:15\n      uses: [db]",
        "11: lab.services.db.uses.0: a service is no client of itself",
    ),
    ("owner: data", "title: again\nowner: data", "4: key 'title' is here twice; first on line 2"),
    ("owner: data", "owner: !env data", "4: tag !env is not allowed; write plain values"),
    ("owner: data", "extends: nowhere.yaml\nowner: data", "4: extends: no file {folder}/nowhere.yaml"),
    ("owner: data", "extends: ../" + "x" * 300 + "\nowner: data", "4: extends: no file ../" + "x" * 300),
    ("owner: data", 'extends: "\\0"\nowner: data', "4: extends: no file \0"),
    ("owner: data", "extends: ..\nowner: data", "4: extends: {folder}/.. is not a file"),
    ("owner: data", "extends: [a]\nowner: data", "4: extends: must be the path of a drill file, not a list"),
    (
        "owner: data",
        "extends: drill.yaml\nowner: data",
        "4: extends: goes round in a circle: {folder}/drill.yaml -> {folder}/drill.yaml",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "says"), ONE_MISTAKE, ids=[says for _, _, says in ONE_MISTAKE])
def test_one_mistake_is_told_once_with_its_line(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    """Each kind of mistake is said in full, where it stands, and nothing else is."""
    assert right in DRILL
    found = mistakes(tmp_path, DRILL.replace(right, wrong, 1))
    assert found == [f"drill.yaml:{says.replace('{folder}/', '')}"]


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Mistakes in form, units, names, files and meaning do not hide each other."""
    text = (
        DRILL.replace("title:", "titel:")
        .replace("rto: 2m", "rto: soon")
        .replace("1GiB", "1G")
        .replace("volume: data}", "volume: dta}")
        .replace("mend: db", "mnd: db")
        .replace("traffic: db", "traffic: web")
        .replace("rows-content: db", "answers: db\n  - answers: {srvice: db}")
    )
    assert mistakes(tmp_path, text + "title: 1\ntitle: 2\n") == [
        "drill.yaml:2: titel: unknown setting, did you mean 'title'?",
        f"drill.yaml:5: objectives.rto: 'soon' is not a duration; {DURATION}",
        "drill.yaml:11: lab.services.db.memory: '1G' is not a size; write a number and a unit, such as 512MiB or 2GB",
        "drill.yaml:15: workload.0.traffic.service: no service named 'web'; known: db",
        "drill.yaml:17: disaster.0.lose-volume.volume: db has no volume 'dta'",
        "drill.yaml:19: recover.0: no step named 'mnd', did you mean 'mend'?",
        f"drill.yaml:20: checks: {CONTENT}",
        "drill.yaml:22: checks.1.answers.srvice: unknown setting, did you mean 'service'?",
        "drill.yaml:23: title: must be text, not 1; put it in quotes",
        "drill.yaml:24: key 'title' is here twice; first on line 23",
    ]


def test_a_mistake_in_an_extended_file_is_told_where_it_stands(tmp_path: Path) -> None:
    """The parent's own lines are named for what it says, the child's for what the child says."""
    (tmp_path / "parent.yaml").write_text(DRILL.replace("rto: 2m", "rto: soon").replace("1GiB", "1G"))
    child = "extends: parent.yaml\ndrill: child\nlab:\n  services:\n    db: {memory: 2G}\nowner: 5\n"
    assert mistakes(tmp_path, child) == [
        "drill.yaml:5: lab.services.db.memory: '2G' is not a size; write a number and a unit, such as 512MiB or 2GB",
        "drill.yaml:6: owner: must be text, not 5; put it in quotes",
        f"parent.yaml:5: objectives.rto: 'soon' is not a duration; {DURATION}",
    ]


def test_a_circle_of_extended_files_is_told(tmp_path: Path) -> None:
    """Files that extend each other end in a mistake, not in a hang."""
    (tmp_path / "b.yaml").write_text("extends: drill.yaml\n")
    assert mistakes(tmp_path, "extends: b.yaml\n") == [
        "b.yaml:1: extends: goes round in a circle: drill.yaml -> b.yaml -> drill.yaml"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1: is empty"),
        ("# nothing\n", "1: is empty"),
        ("just words", "1: must be a mapping of settings, not 'just words'"),
        ("- drill: x", "1: must be a mapping of settings, not a list"),
        (
            "drill: x\nlab: [1",
            "2: broken YAML at column 8: the [ of line 2 is not closed, or a comma is missing",
        ),
        ("a: {b: 1\nc: 2", "2: broken YAML at column 2: the { of line 1 is not closed, or a comma is missing"),
        ('a: "b\nc: 2\n', "3: broken YAML at column 1: the quote of line 1 is not closed"),
        ("drill: x\n\ttitle: y", "2: broken YAML at column 1: a tab; indent with spaces"),
        (
            "a:\n    b: 1\n   c: 2",
            "3: broken YAML at column 4: indented otherwise than the mapping or list that begins on line 1",
        ),
        (
            "owner: Oh: no",
            (
                "1: broken YAML at column 10: "
                "a colon too many; indent as the lines around, or put text with `: ` in quotes"
            ),
        ),
        (
            "drill: x\nowner:\u00a0y\nseed: 1",
            "3: broken YAML at column 1: line 2 is no setting; write `name: value`, with a space behind the colon",
        ),
        ("owner: @x", "1: broken YAML at column 8: text that begins with this character must be put in quotes"),
        (
            "drill: x\n---\ndrill: y",
            "2: broken YAML at column 1: expected a single document in the stream, but found another document",
        ),
        ("drill: *nobody", "1: broken YAML at column 8: no anchor of this name; put text that begins with * in quotes"),
        (b"drill: x\ntitle: \xff", "2: is not UTF-8 text"),
        ("drill: x\ntitle: \x07", "2: broken YAML: character 7 is not allowed"),
        ("a: &a [*a]", "1: is nested too deeply, or an alias contains itself"),
        ("{a: " * 5000, "1: is nested too deeply, or an alias contains itself"),
        ("{{ x }}: 2", "1: a key must be text; put text that begins with { or [ in quotes"),
        ('"\\ud800": 2', "1: a key must be text; put text that begins with { or [ in quotes"),
        ('drill: "\\ud800"', "1: '\\ud800' holds half a character, which is no text"),
        ("seed: !!int x", "1: 'x' is not what its tag !!int says"),
        ("lab: {<<: 3}", "1: `<<` must name a mapping, or a list of mappings"),
    ],
)
def test_what_is_no_drill_file_at_all_is_told(tmp_path: Path, text: str | bytes, says: str) -> None:
    """Broken, empty, hostile and huge files end in one clear line about their form."""
    assert mistakes(tmp_path, text)[0] == f"drill.yaml:{says}"


def test_an_alias_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    """Aliases are counted as what they expand to."""
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    lines += [
        f"{one}: &{one} [{','.join([f'*{before}'] * 10)}]" for before, one in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    assert mistakes(tmp_path, "\n".join(lines)) == ["drill.yaml:1: has more than 20000 values, aliases expanded"]


def test_a_file_of_a_megabyte_is_refused_unread(tmp_path: Path) -> None:
    """Its size alone is looked at: what is in it does not matter."""
    assert mistakes(tmp_path, b"[" * 1024 * 1024) == ["drill.yaml: has 1024 KiB; a drill file may have 256"]


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    """A missing file and a folder are named as such."""
    said = []
    for path in (tmp_path / "nowhere.yaml", tmp_path):
        with pytest.raises(BadDrillError) as caught:
            loader.load(path, (), CATALOGUE)
        said.append(caught.value.message)
    assert said == [f"{tmp_path}/nowhere.yaml: no such file", f"{tmp_path}: is not a file"]


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("objectives.rto", "write it as path=value, such as objectives.rto=30s"),
        ("=5", "write it as path=value, such as objectives.rto=30s"),
        ("objectives.rto=0s", "objectives.rto: must be greater than 0, not '0s'"),
        ("objectives.rta=1s", "objectives.rta: unknown setting, did you mean 'rto'?"),
        ("rto=30s", "rto: unknown setting, did you mean 'objectives.rto'?"),
        ("stedy.for=1s", "stedy: unknown setting, did you mean 'steady'?"),
        ("recover.0.timeot=1s", "recover.0.mend.timeot: unknown setting, did you mean 'timeout'?"),
        ("recover.1.timeout=1s", "recover.1.timeout: no item 1; recover has 1, counted from 0"),
        ("recover.x=1s", "recover.x: no item x; recover has 1, counted from 0"),
        ("title.x=1", "title.x: title has no settings of its own"),
        ("recover.0.service=dc", "recover.0.mend.service: no service named 'dc'; known: db"),
        (
            "seed=[1",
            "broken YAML at column 3: the [ of line 1 is not closed, or a comma is missing",
        ),
        ("extends=x.yaml", "extends: unknown setting"),
    ],
)
def test_a_mistake_in_an_override_names_the_override(tmp_path: Path, override: str, says: str) -> None:
    """What was set on the command line is told as such, without a line of the file."""
    assert mistakes(tmp_path, DRILL, override) == [f"--set {override}: {says}"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["db", "2s", "mend", "none"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text() | st.sampled_from(["mend", "service"]), inner, max_size=3)
    ),
    max_leaves=5,
)
SETTINGS = [
    (),
    ("objectives",),
    ("objectives", "rpo"),
    ("lab",),
    ("lab", "services"),
    ("lab", "services", "db"),
    ("lab", "services", "db", "build"),
    ("lab", "services", "db", "volumes"),
    ("lab", "services", "db", "settings"),
    ("lab", "endpoints"),
    ("workload",),
    ("disaster", 0),
    ("recover",),
    ("recover", 0),
    ("recover", 0, "mend"),
    ("checks",),
    ("sabotage",),
    ("expect",),
    ("steady",),
    ("detect",),
    ("extends",),
    ("drill",),
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(place=st.sampled_from(SETTINGS), junk=JUNK)
def test_no_content_whatever_ends_in_a_traceback(tmp_path: Path, place: tuple[str | int, ...], junk: object) -> None:
    """Junk anywhere in a drill is a mistake (or a drill), told without the validator's own words."""
    document, mistakes_in_form = read(DRILL.encode(), "base")
    assert document is not None
    assert mistakes_in_form == []
    drill = junk
    if place:
        drill = document.plain()
        at = drill
        for part in place[:-1]:
            at = at[part]
        at[place[-1]] = junk
    for said in mistakes(tmp_path, json.dumps(drill)):
        assert "Input should" not in said
        assert "type=" not in said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(position=st.integers(0, len(DRILL)), junk=st.binary(max_size=6), length=st.integers(0, 20))
def test_no_damage_to_the_text_ends_in_a_traceback(tmp_path: Path, position: int, junk: bytes, length: int) -> None:
    """A drill with any stretch of it overwritten is still read or told about."""
    raw = DRILL.encode()
    mistakes(tmp_path, raw[:position] + junk + raw[position + length :])
