"""What playbooks say of themselves: whom they are for, and what they need there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.adapters import ansible_plays
from orchestrator.core import catalogue
from orchestrator.core.files import PLAYBOOKS
from orchestrator.core.kind import Need

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = "/usr/bin/python3"
LAB = {
    name: {"groups": [group], "ansible_python_interpreter": PYTHON}
    for name, group in {"db": "postgres", "standby": "postgres", "cache": "redis"}.items()
}
PLAY = """
- hosts: {hosts}
  vars: {vars}
  tasks: []
"""
SHIPPED = sorted(PLAYBOOKS.glob("*.yml"))


def needs(folder: Path, text: str) -> list[Need]:
    """Write a playbook and return what it needs."""
    (folder / "playbook.yml").write_text(text)
    return ansible_plays.needs(folder / "playbook.yml", LAB)


@pytest.mark.parametrize(
    ("hosts", "meant"),
    [
        ("db", ["db"]),
        ("postgres", ["db", "standby"]),
        ("all", ["db", "standby", "cache"]),
        ("'*'", ["db", "standby", "cache"]),
        ("[db, cache]", ["db", "cache"]),
        ("db,cache", ["db", "cache"]),
        ("'s*:cache'", ["standby", "cache"]),
        ("'postgres:!standby'", ["db"]),
        ("'all:&postgres'", ["db", "standby"]),
        ("localhost", []),
        ("'{{ target }}'", []),
    ],
)
def test_a_play_needs_python_where_it_is_played(tmp_path: Path, hosts: str, meant: list[str]) -> None:
    """On the hosts that Ansible's pattern means, no others; a template means nobody knows whom."""
    assert needs(tmp_path, PLAY.format(hosts=hosts, vars="{}")) == [Need(host, PYTHON) for host in meant]


def test_a_play_lists_the_programs_it_calls(tmp_path: Path) -> None:
    """In its variable drill_needs; each play its own."""
    text = PLAY.format(hosts="db", vars="{drill_needs: [sudo, pg_dump]}") + PLAY.format(hosts="cache", vars="{a: 1}")
    assert needs(tmp_path, text) == [
        *(Need("db", tool) for tool in (PYTHON, "sudo", "pg_dump")),
        Need("cache", PYTHON),
    ]


@pytest.mark.parametrize("listed", ["'{{ tools }}'", "[1, {a: b}]", "null"])
def test_what_is_no_list_of_names_is_passed_over(tmp_path: Path, listed: str) -> None:
    """Only Ansible can work a template out."""
    assert needs(tmp_path, PLAY.format(hosts="db", vars=f"{{drill_needs: {listed}}}")) == [Need("db", PYTHON)]


def test_ansibles_own_tags_are_let_through(tmp_path: Path) -> None:
    """An encrypted variable, or one written twice, does not hide the others."""
    text = PLAY.format(hosts="db", vars="\n    secret: !vault x\n    a: 1\n    a: 2\n    drill_needs: [sudo]")
    assert needs(tmp_path, text) == [Need("db", PYTHON), Need("db", "sudo")]


@pytest.mark.parametrize("text", ["", "just text", "hosts: db", "- [unclosed", "- import_playbook: other.yml"])
def test_what_is_no_playbook_needs_nothing(tmp_path: Path, text: str) -> None:
    """Ansible itself says what is wrong with it."""
    assert needs(tmp_path, text) == []


def test_a_file_that_is_not_there_needs_nothing(tmp_path: Path) -> None:
    """The step that runs it says so."""
    assert ansible_plays.needs(tmp_path / "playbook.yml", LAB) == []


@pytest.mark.parametrize("playbook", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_playbook_lists_what_it_needs(playbook: Path) -> None:
    """A drill looks for it before it destroys anything."""
    hosts = [*catalogue.software(), "vault"]  # one of every type, and who is called by name
    one_of_each = {name: {"groups": [name], "ansible_python_interpreter": PYTHON} for name in hosts}
    listed = [need for need in ansible_plays.needs(playbook, one_of_each) if need.tool != PYTHON]
    assert listed, "list the programs it calls on the hosts among the play's vars: drill_needs: [pg_dump, sudo]"
