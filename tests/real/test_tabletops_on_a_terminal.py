"""Tabletops as people run them: on a terminal, with no container engine anywhere."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("drillmaster"))
DRILL = "tabletop-lost-database"
QUESTION = b"Type `done` when it is done: "
NO_ENGINE = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"}


def asked(evidence: Path, drill: str, answers: list[str]) -> tuple[int, dict[str, Any]]:
    """Run a tabletop whose questions are answered with these lines in turn; return exit code and record."""
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "run", drill, "--json", "--evidence", str(evidence)],
        stdin=inside,
        stdout=subprocess.PIPE,
        stderr=inside,
        env=NO_ENGINE,
    ) as run:
        os.close(inside)
        for answer in answers:
            seen = b""
            while QUESTION not in seen:
                seen += os.read(terminal, 4096)
            os.write(terminal, f"{answer}\n".encode())
        told, _ = run.communicate(timeout=60)
    os.close(terminal)
    return run.returncode, json.loads(told)


def unattended(evidence: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tabletop where nobody sits."""
    command = [COMMAND, "run", DRILL, "--json", "--evidence", str(evidence), *options]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, env=NO_ENGINE, text=True, timeout=60, check=False
    )


def test_people_who_answer_in_time_pass(tmp_path: Path) -> None:
    """The first called does not answer, so the next one is; all else is done. What is proven is said, and what not."""
    code, record = asked(tmp_path, DRILL, ["no", *["done"] * 6])
    assert (code, record["verdict"]) == (0, "PASS")
    assert [(call["contact"], call["answered"]) for call in record["tabletop"]["calls"]] == [
        ("on-call DBA", False),
        ("head of data platform", True),
        ("head of operations", True),
    ]
    assert [one["name"] for one in record["objectives"]] == ["exercise"]
    assert record["not_proven"][0].startswith("That the system can be recovered: people talked a recovery through")
    folder = tmp_path / DRILL / record["run"]
    assert {"record.json", "report.html", "junit.xml", "drill.yaml"} <= {path.name for path in folder.iterdir()}


def test_what_is_typed_is_not_drawn_over(tmp_path: Path) -> None:
    """The live view rests while a person is asked, however slowly the answer is typed."""
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "run", DRILL, "--evidence", str(tmp_path)], stdin=inside, stdout=inside, stderr=inside, env=NO_ENGINE
    ) as run:
        os.close(inside)
        seen = b""
        while QUESTION not in seen:
            seen += os.read(terminal, 4096)
        for typed in (b"do", b"ne\n"):
            time.sleep(0.5)
            os.write(terminal, typed)
        while seen.count(QUESTION) < 2:
            seen += os.read(terminal, 4096)
        run.terminate()
        run.wait()
    os.close(terminal)
    assert seen.split(QUESTION)[1].startswith(b"done\r\n")


def test_what_is_not_done_fails_and_ends_it(tmp_path: Path) -> None:
    """The step is named."""
    code, record = asked(tmp_path, DRILL, ["done", "I do not know"])
    assert (code, record["verdict"]) == (1, "FAIL")
    step = next(one for one in record["findings"] if one["name"] == "recovery-step")
    assert step["says"].startswith(
        "Step 2 was not done, and the exercise ended with it: manual: The DBA says where the"
    )


@pytest.mark.parametrize("control", ["tabletop-nobody-answers", "tabletop-takes-too-long"])
def test_a_tabletops_control_is_caught(tmp_path: Path, control: str) -> None:
    """By the finding that it names."""
    file = ROOT / "drills" / "sabotaged" / f"{control}.yaml"
    answers = [] if control == "tabletop-nobody-answers" else ["done"] * 6
    code, record = asked(tmp_path, str(file), answers)
    assert (code, record["control"]["caught"]) == (0, True)


def test_nobody_is_no_tabletop(tmp_path: Path) -> None:
    """Without a terminal it is refused; rehearsed without people it is no pass."""
    refused = unattended(tmp_path)
    assert (refused.returncode, refused.stderr.splitlines()) == (
        2,
        [
            "a tabletop is of people, and nobody can be asked: standard input is no terminal",
            "hint: run it on a terminal; --assume-manual rehearses it without people, and ends INCONCLUSIVE",
        ],
    )
    rehearsed = unattended(tmp_path, "--assume-manual")
    assert (rehearsed.returncode, json.loads(rehearsed.stdout)["verdict"]) == (3, "INCONCLUSIVE")
