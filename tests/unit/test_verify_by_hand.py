"""VERIFY.md followed to the letter, by a shell that has OpenSSL and nothing of ours."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from sealed_evidence import RUNS, SealedEvidence
from synthetic_registers import FreshKey
from tampering import copy_of, flip, replace_in

from reports.register.entries import Reviewed

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = ["base64", "basename", "cat", "cut", "diff", "find", "grep", "mktemp", "openssl", "sed", "sha256sum", "sort"]
TOOLS += ["tr", "wc"]


def followed(folder: Path, key: FreshKey, tmp_path: Path) -> tuple[int, list[str]]:
    """Run the page's blocks in its folder; return the shell's exit code and the lines it printed."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    (tmp_path / "key.pub").write_text(key.public_pem)
    blocks = re.findall(r"^```sh\n(.*?)^```$", (folder / "VERIFY.md").read_text(), re.DOTALL | re.MULTILINE)
    done = subprocess.run(
        [shutil.which("sh") or "sh"],
        input="".join(blocks),
        cwd=folder,
        env={"PATH": str(tools), "KEY": str(tmp_path / "key.pub"), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("name", RUNS)
def test_the_page_passes_on_sound_evidence(name: str, sound: SealedEvidence, tmp_path: Path) -> None:
    """Whatever the verdict: what is checked is that the evidence is as it was left."""
    code, lines = followed(sound.folder(name), sound.key, tmp_path)
    assert (code, lines[-1]) == (0, f"run {RUNS[name]}: in the register with this seal")
    assert lines[0] == f"the key's fingerprint is {sound.key.keyid}"


def _file_edited(e: SealedEvidence) -> None:
    flip(e.folder("failed") / "logs/db.log")


def _file_removed(e: SealedEvidence) -> None:
    (e.folder("failed") / "logs/db.log").unlink()


def _file_put_in(e: SealedEvidence) -> None:
    (e.folder("failed") / "approval.txt").write_text("approved")


def _lock_that_says_something(e: SealedEvidence) -> None:
    (e.folder("failed") / "run.lock").write_text("approved")


def _half_an_entry_appended(e: SealedEvidence) -> None:
    e.put([*e.lines, e.lines[-1][:-20]])


def _link_put_in(e: SealedEvidence) -> None:
    log = e.folder("failed") / "logs/db.log"
    log.rename(e.directory / "db.log")
    log.symlink_to(e.directory / "db.log")


def _seal_of_another_run(e: SealedEvidence) -> None:
    shutil.rmtree(e.folder("failed"))
    shutil.copytree(e.folder("passed"), e.folder("failed"))


def _test_result_of_another_run(e: SealedEvidence) -> None:
    shutil.copy(e.folder("passed") / "test-result.json", e.folder("failed") / "test-result.json")


def _register_edited(e: SealedEvidence) -> None:
    replace_in(e.book, '"system":"orders"', '"system":"others"')


def _entry_removed(e: SealedEvidence) -> None:
    lines = e.book.read_text().splitlines(keepends=True)
    e.book.write_text("".join(lines[:3] + lines[4:]))


def _last_entry_edited(e: SealedEvidence) -> None:
    lines = e.book.read_text().splitlines(keepends=True)
    e.book.write_text("".join(lines[:-1]) + lines[-1].replace('"by":"sweep"', '"by":"engine"'))


def _sealed_again_but_not_registered(e: SealedEvidence) -> None:
    book = e.book.read_bytes()
    (e.folder("failed") / "logs/db.log").write_text("another log\n")
    e.reseal()
    e.book.write_bytes(book)


def _own_key(e: SealedEvidence) -> None:
    e.rewrite(e.bodies, FreshKey())


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        (_file_edited, "FAILED: a file is not as it was sealed"),
        (_file_removed, "FAILED: a file is not as it was sealed"),
        (_file_put_in, "FAILED: there are files that were not sealed"),
        (_lock_that_says_something, "FAILED: there are files that were not sealed"),
        (_half_an_entry_appended, "FAILED: the register ends with a part of an entry"),
        (_link_put_in, "FAILED: there is something that is no plain file"),
        (_seal_of_another_run, f"FAILED: the seal is about run {RUNS['passed']}"),
        (_test_result_of_another_run, "FAILED: the test result is about another record"),
        (_register_edited, "FAILED: entry 3 is not as it was signed"),
        (_entry_removed, "FAILED: entry 4 does not continue the one before"),
        (_last_entry_edited, "FAILED: entry 10 is not as it was signed"),
        (_sealed_again_but_not_registered, "FAILED: the register does not tell of this seal"),
        (_own_key, "FAILED: seal.json is not signed by this key"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_the_page_fails_on_tampered_evidence(attack: object, says: str, sound: SealedEvidence, tmp_path: Path) -> None:
    """The shell ends with an error that names the fault."""
    evidence = copy_of(sound, tmp_path / "evidence")
    assert callable(attack)
    attack(evidence)
    code, lines = followed(evidence.folder("failed"), sound.key, tmp_path)
    assert (code, lines[-1]) == (1, says)


def test_the_page_says_what_no_signature_covers(sound: SealedEvidence, tmp_path: Path) -> None:
    """Anybody can append what continues the chain."""
    evidence = copy_of(sound, tmp_path / "evidence")
    review = Reviewed(run=RUNS["failed"], by="p1", role="reviewer", decision="accepted", note="")
    evidence.append(review, signers=())
    code, lines = followed(evidence.folder("failed"), sound.key, tmp_path)
    says = "NOT VOUCHED FOR: no signature by this key covers what comes after entry 10"
    assert (code, says in lines) == (0, True)
