"""`drillmaster verify`: its exit codes, and what it says of bad usage."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tampering import copy_of, flip
from typer.testing import CliRunner

from orchestrator import cli

if TYPE_CHECKING:
    from sealed_evidence import SealedEvidence


def run(*arguments: object) -> tuple[int, str, str]:
    """Run the command; return its exit code, standard output and standard error."""
    done = CliRunner().invoke(cli.app, ["verify", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_the_exit_code_is_that_of_the_worst_fault(sound: SealedEvidence, tmp_path: Path) -> None:
    """0 verified, 1 tampered, 3 incomplete, 4 unpinned, 5 anchor."""
    key = sound.directory.parent / "key.pub"
    assert run(sound.directory, "--trust", key)[0] == 0
    assert run(sound.directory, "--trust", key, "--head", sound.head(), "--require-anchor", "--quick")[0] == 0
    assert run(sound.directory, "--trust", key, "--require-anchor", "--quick")[0] == 5
    assert run(sound.folder("passed"), "--quick")[0] == 4
    evidence = copy_of(sound, tmp_path / "evidence")
    (evidence.folder("passed") / "junit.xml").unlink()
    assert run(evidence.directory, "--trust", key, "--quick")[0] == 3
    flip(evidence.folder("passed") / "logs/db.log")
    assert run(evidence.directory, "--trust", key, "--quick")[0] == 1


def test_the_outcome_as_json_holds_what_the_text_says(sound: SealedEvidence) -> None:
    """Faults with level, name and place; what was checked and what was not, each with where."""
    code, printed, _ = run(sound.folder("passed"), "--json")
    document = json.loads(printed)
    assert (code, document["exit_code"], document["keys"]) == (4, 4, [])
    assert document["faults"] == [
        {
            "level": "untrusted",
            "name": "unpinned",
            "where": str(sound.folder("passed")),
            "says": "no key was pinned (--trust): whoever made this evidence could have made the key with it",
        }
    ]
    assert document["checked"]["junit.xml is what the record gives, byte for byte"] == [sound.where("passed")]


KEY_HINT = "hint: it is the file signing-key.pub of whoever ran the drills: `drillmaster keys show` tells where it lies"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "nowhere: is not there\nhint: `drillmaster runs` lists the runs of an evidence directory"),
        (["empty"], "empty: holds neither a register nor runs\nhint: a run's folder holds its journal"),
        (
            ["note.txt"],
            (
                "note.txt: neither a run's folder, an evidence directory, a register nor a zip\n"
                "hint: `drillmaster runs` lists the runs of an evidence directory"
            ),
        ),
        (["empty", "--trust", "nowhere"], f"nowhere: No such file or directory\n{KEY_HINT}"),
        (["empty", "--trust", "note.txt"], f"note.txt: no public key in PEM form\n{KEY_HINT}"),
        (["empty", "--trust", "private.pem"], f"private.pem: no public key in PEM form\n{KEY_HINT}"),
        (
            ["empty", "--head", "entry 5"],
            (
                "--head: no head: it reads `drillmaster-head v1 REGISTER NUMBER SHA256 TIME`\n"
                "hint: `drillmaster head` prints one: quote it whole"
            ),
        ),
        (
            ["empty", "--tsa-ca", "note.txt"],
            (
                "note.txt: no certificates in PEM form\n"
                "hint: it holds the certificates of the time-stamp authority and of who issued its own, in PEM form"
            ),
        ),
    ],
)
def test_bad_usage_is_told_with_a_hint(arguments: list[str], says: str, sound: SealedEvidence, tmp_path: Path) -> None:
    """It exits 2, and nothing is said of the evidence."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("a note")
    private = sound.key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "private.pem").write_bytes(private)
    paths = {"nowhere", "empty", "note.txt", "private.pem"}
    code, printed, complained = run(*(tmp_path / word if word in paths else word for word in arguments))
    assert (code, printed, complained.replace(f"{tmp_path}/", "")) == (2, "", f"{says}\n")


def test_a_zip_that_there_is_no_space_for_is_told_with_a_hint(sound: SealedEvidence, tmp_path: Path) -> None:
    """It is unpacked before it is looked at; that it cannot be says nothing of the evidence."""
    bundle = shutil.make_archive(str(tmp_path / "bundle"), "zip", sound.directory)
    command = Path(sys.executable).with_name("drillmaster")
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 1 && exec "$0" verify "$1"', command, bundle],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    hint = "hint: what is checked must be readable; a zip is unpacked first, in the directory that TMPDIR names"
    assert (done.returncode, done.stderr) == (2, f"{bundle}: File too large\n{hint}\n")
