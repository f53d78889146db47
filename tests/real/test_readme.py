"""The README's commands do what the README says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.drill

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^\.venv/bin/(drillmaster .+)$", README, re.MULTILINE)
SHOWN_ELSEWHERE = ("run .* --set", "run .* --repeat", "prove ")
"""Runs of the kinds that test_matrix.py, test_repeated_runs.py and test_proof.py make in every suite."""
LONG = {command for command in COMMANDS for shown in SHOWN_ELSEWHERE if re.match(f"drillmaster {shown}", command)}
assert set(COMMANDS) > LONG, "no commands found in the README: the detection is broken"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all commands, as a reader would have, with evidence and keys in it."""
    return tmp_path_factory.mktemp("reader")


def run(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell would."""
    environment = {**os.environ, "DRILLMASTER_KEYS": str(place / "keys")}
    line = ["sh", "-c", f"{ROOT}/.venv/bin/{command}"]
    return subprocess.run(line, cwd=place, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize(
    "command",
    [pytest.param(command, marks=pytest.mark.acceptance if command in LONG else ()) for command in COMMANDS],
)
def test_a_command_of_the_readme_works(command: str, place: Path) -> None:
    """Each ends well; the run whose objective cannot be met fails, says by how much, and is ALTERED."""
    done = run(command, place)
    too_tight = "--set objectives.rto=500ms" in command
    assert done.returncode == (1 if too_tight else 0), done.stdout[-3000:] + done.stderr[-1000:]
    if too_tight:
        assert re.search(r"500 ms (is|are) allowed: .* too long", done.stdout)
        assert "ALTERED" in done.stdout


def test_the_drill_of_the_readme_is_sound(place: Path) -> None:
    """The file shown under 'A first drill of your own' is a drill as it stands, beside the project."""
    (shown,) = re.findall(r"```yaml\n(extends: .+?)```", README, re.DOTALL)
    file = place / "shown.yaml"
    file.write_text(shown.replace("extends: drills/", f"extends: {ROOT}/drills/"))
    done = run(f"drillmaster validate {file}", place)
    assert (done.returncode, done.stdout) == (0, f"{file}: sound\n")
