"""What a run tells and keeps: no secret, JSON for programs, plain text into a pipe, and a lab to work on."""

from __future__ import annotations

import base64
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from harm import COMMAND, DRILL, docker_objects, until, working_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harm import Place

pytestmark = pytest.mark.drill


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Yield where all these runs work."""
    with working_place(tmp_path_factory.mktemp("told")) as place:
        yield place


LEAKY = """
- hosts: postgres
  gather_facts: false
  vars: {token: "{{ lookup('env', 'DRILL_TOKEN') }}"}
  tasks:
    - ansible.builtin.shell: |
        cat /run/secrets/postgres_password; echo
        base64 --wrap=0 /run/secrets/postgres_password; echo
        (printf x; cat /run/secrets/postgres_password) | base64 --wrap=0; echo
        (printf xx; cat /run/secrets/postgres_password) | base64 --wrap=0; echo
      environment: {TOKEN: "{{ token }}"}
      register: leak
    - ansible.builtin.debug: {var: leak.stdout}
    - ansible.builtin.set_stats: {data: {leaked: "{{ leak.stdout }}"}}
    - name: Fail with the secret in its message
      ansible.builtin.fail: {msg: "cannot log in with {{ leak.stdout }}"}
"""
TO_THE_LOG = "sh -c 'cat /run/secrets/postgres_password; echo planted' > /proc/1/fd/1"


def forms(secret: str) -> set[bytes]:
    """Return how a secret could stand in a file: plain, quoted for URLs, and in base64 at each of three alignments."""
    plain = secret.encode()
    found = {plain, quote(secret, safe="").encode()}
    for before, cut in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"x" * before + plain)[cut : (before + len(plain)) * 8 // 6]
        found |= {encoded, encoded.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def test_no_secret_is_kept_or_told(place: Place) -> None:
    """Not the generated password, which procedures and the server print, nor what is in the engine's environment."""
    place.file("leaky.yml", LEAKY)
    run = place.run("leaky", f'protect: [{{command: {{service: db, run: "{TO_THE_LOG}"}}}}, {{playbook: leaky.yml}}]\n')
    run.wait_for("protect")
    password = run.inside("cat", "/run/secrets/postgres_password")
    assert len(password) == 32
    run.exit_code()
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    texts = {path.name: path.read_bytes() for path in files} | {"printed": (run.stdout + run.stderr).encode()}
    leaks = [name for name, text in texts.items() for form in forms(password) | forms(run.canary) if form in text]
    assert leaks == []
    planted = ["db.log", "stdout.txt", "journal.jsonl", "record.json", "report.html", "printed"]
    assert [name for name in planted if b"[redacted]" not in texts[name]] == []


def test_a_program_reads_json_and_nothing_else(place: Place) -> None:
    """`--json` prints the record alone, `--log-json` a line of JSON on standard error for each fact; none is bulky."""
    run = place.run("told", "", "--json", before=("--log-json",))
    assert run.exit_code() == 0, run.stdout
    assert json.loads(run.stdout) == run.record()
    events = [json.loads(line) for line in run.stderr.splitlines()]
    assert [event["event"] for event in events] == [fact["event"] for fact in run.facts()]
    assert {event["level"] for event in events} == {"info"}
    assert not [event for event in events if "effective_drill" in event]


def test_what_goes_into_a_pipe_is_plain(place: Place) -> None:
    """No escape codes; and a reader who leaves early changes neither the run nor its exit code."""
    command = f"{COMMAND} run quiet.yaml | head -n 2; echo ${{PIPESTATUS[0]}}"
    place.file("quiet.yaml", DRILL.format(name="quiet"))
    done = subprocess.run(
        ["bash", "-c", command], cwd=place.home, env=place.environment(), capture_output=True, text=True, check=True
    )
    *_, exit_code = lines = done.stdout.splitlines()
    assert (len(lines), exit_code, done.stderr) == (3, "0", "")
    assert "\x1b" not in done.stdout


def test_a_terminal_that_hangs_up_stops_the_run(place: Place) -> None:
    """As any other request to stop does, though nobody is left to be told."""
    drill = place.file("hung-up.yaml", DRILL.format(name="hung-up"))
    ours, its = pty.openpty()
    run = subprocess.Popen(
        ["setsid", "--ctty", COMMAND, "run", drill],
        cwd=place.home,
        env=place.environment(),
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    folder = until(lambda: next(place.evidence.glob("hung-up/*"), None), "the run")
    until(lambda: docker_objects(folder.name), "the lab")
    os.close(ours)
    assert run.wait(60) == 128 + signal.SIGHUP
    record = json.loads((folder / "record.json").read_text())
    assert (record["verdict"], record["sentence"]) == ("ABORTED", "The run was not judged: stopped by signal 1")
    assert docker_objects(folder.name) == []


def test_a_kept_lab_can_be_worked_on(place: Place) -> None:
    """Its inventory serves Ansible as it is, with the facts playbooks get; then `sweep` removes it."""
    there = "SELECT to_regclass('new') IS NOT NULL"
    damage = f'{{service: db, run: "CREATE TABLE new()", confirm: "{there}"}}'
    run = place.run("kept", f"disaster: [damage-sql: {damage}]\n", "--until", "disaster", "--keep-lab")
    assert (run.exit_code(), run.record()["sentence"]) == (
        4,
        "The run was not judged: stopped after disaster, as asked with --until",
    )
    inventory = place.file("inventory.json", place.drillmaster("inventory", run.folder.name).stdout)
    ansible = [str(Path(COMMAND).with_name("ansible")), "--inventory", str(inventory), "postgres"]
    done = subprocess.run(
        [*ansible, "-m", "ansible.builtin.command", "-a", "echo {{ drill_run }} {{ drill_recovery_target.type }}"],
        cwd=place.home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["db | CHANGED | rc=0 >>", f"{run.folder.name} latest"]
    swept = place.drillmaster("sweep").stdout.splitlines()
    assert f"{run.folder.name}: removed 1 container, 2 volumes, 1 network" in swept
    assert run.left() == []
    gone = place.drillmaster("inventory", run.folder.name)
    hint = "hint: keep one: drillmaster run … --until disaster --keep-lab"
    assert (gone.returncode, gone.stderr) == (2, f"{run.folder.name}: nothing of its lab stands\n{hint}\n")


def test_a_bug_of_our_own_is_said_to_be_one(place: Place) -> None:
    """Exit code 70, the traceback and a request to report it: never taken for a verdict."""
    broken = "from orchestrator import cli; cli.app.command('broken')(lambda: 1 / 0); cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", broken, "broken"], cwd=place.home, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.splitlines()[-2:] == [
        "this is a bug of drillmaster: ZeroDivisionError: division by zero",
        "hint: please report it",
    ]
