"""A bundle as it is exported: verified as it is, told of when it is not, and checked by hand with OpenSSL alone."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest
from sealed_evidence import RUNS, SealedEvidence
from tampering import INCOMPLETE, SOUND, TAMPERED, names, verified
from test_verify_by_hand import followed

from reports.exports.bundle import Order, write_bundle
from reports.period import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def exported(sound: SealedEvidence, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundle of sound evidence."""
    window = Window(first="2026-11-01", last="2026-11-30")
    bundle = tmp_path_factory.mktemp("exported") / "bundle.zip"
    write_bundle(sound.directory, bundle, Order(window, (), "P7Y"))
    return bundle


@pytest.fixture
def unpacked(exported: Path, tmp_path: Path) -> Path:
    """Return the bundle as a folder."""
    with zipfile.ZipFile(exported) as archive:
        archive.extractall(tmp_path / "bundle")
    return tmp_path / "bundle"


def test_a_bundle_is_verified(sound: SealedEvidence, exported: Path) -> None:
    """Every file is in its manifest, every run of its window in it."""
    outcome = verified(sound, exported)
    assert (outcome.exit_code, names(outcome)) == (SOUND, frozenset())
    assert "the bundle's files are those of its manifest, none missing, none more" in outcome.checked


def _table_edited(bundle: Path) -> None:
    path = bundle / "audit_window/population.csv"
    path.write_text(path.read_text().replace("FAIL", "PASS"))


def _assessment_of_another_run(bundle: Path) -> None:
    folder = bundle / "audit_window/oscal"
    (folder / f"{RUNS['failed']}.json").write_bytes((folder / f"{RUNS['passed']}.json").read_bytes())


def _file_put_in(bundle: Path) -> None:
    (bundle / "audit_window/approval.pdf").write_text("approved")


def _table_removed(bundle: Path) -> None:
    (bundle / "audit_window/population.csv").unlink()


def _listed(bundle: Path, change: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> None:
    """Change the manifest's list of files, which nobody signed."""
    document = json.loads((bundle / "manifest.json").read_text())
    document["files"] = change(document["files"])
    (bundle / "manifest.json").write_text(json.dumps(document))


def _run_left_out_of_all(bundle: Path) -> None:
    for path in sorted(bundle.rglob(f"*{RUNS['failed']}*/**/*")):
        if path.is_file():
            path.unlink()
    _listed(bundle, lambda files: [file for file in files if f"/{RUNS['failed']}/" not in file["path"]])


def _file_listed_twice(bundle: Path) -> None:
    _listed(bundle, lambda files: [{**files[0], "sha256": "0" * 64}, *files])


def _instructions_replaced(bundle: Path) -> None:
    guide = bundle / "VERIFY.md"
    guide.write_text("# Nothing to check\n")
    digest = hashlib.sha256(guide.read_bytes()).hexdigest()
    _listed(bundle, lambda files: [{**one, "sha256": digest} if one["path"] == guide.name else one for one in files])


def _instructions_left_out_of_all(bundle: Path) -> None:
    (bundle / "VERIFY.md").unlink()
    _listed(bundle, lambda files: [one for one in files if one["path"] != "VERIFY.md"])


def _window_that_is_none(bundle: Path) -> None:
    path = bundle / "manifest.json"
    path.write_text(path.read_text().replace('"from": "2026-11-01"', '"from": "2026-11-01T07"'))


def _name_twice_in_the_manifest(bundle: Path) -> None:
    text = (bundle / "manifest.json").read_text()
    (bundle / "manifest.json").write_text(text.replace("{", '{"files": [],', 1))


@pytest.mark.parametrize(
    ("attack", "exit_code", "faults"),
    [
        (_table_edited, TAMPERED, {"manifest-differs"}),
        (_assessment_of_another_run, TAMPERED, {"manifest-differs"}),
        (_file_put_in, TAMPERED, {"file-unlisted"}),
        (_table_removed, INCOMPLETE, {"file-missing"}),
        (_run_left_out_of_all, INCOMPLETE, {"run-missing"}),
        (_file_listed_twice, TAMPERED, {"manifest-ambiguous"}),
        (_instructions_replaced, TAMPERED, {"guide-changed"}),
        (_instructions_left_out_of_all, INCOMPLETE, {"file-missing"}),
        (_window_that_is_none, TAMPERED, {"manifest-unreadable"}),
        (_name_twice_in_the_manifest, TAMPERED, {"manifest-unreadable"}),
    ],
)
def test_an_attack_on_a_bundle_is_told_by_its_own_name(
    attack: Callable[[Path], None], exit_code: int, faults: set[str], sound: SealedEvidence, unpacked: Path
) -> None:
    """The manifest is held against the files, the window against the register."""
    attack(unpacked)
    outcome = verified(sound, unpacked, quick=True)
    assert (set(names(outcome)), outcome.exit_code) == (faults, exit_code)


def test_a_window_that_leaves_runs_out_is_told(sound: SealedEvidence, unpacked: Path) -> None:
    """Nobody signed it: whoever asked for another one sees it, and every run it leaves out with its verdict."""
    _run_left_out_of_all(unpacked)
    path = unpacked / "manifest.json"
    path.write_text(path.read_text().replace('"from": "2026-11-01"', '"from": "2026-11-02"'))
    outcome = verified(sound, unpacked, quick=True)
    assert (outcome.exit_code, names(outcome)) == (SOUND, frozenset())
    asked = "whether this is the window that was asked for: the manifest tells of 2026-11-02 to 2026-11-30, all systems"
    assert outcome.unchecked[asked] == ("manifest.json",)
    assert outcome.unchecked["is not in the window that the manifest tells of (FAIL)"] == (sound.where("failed"),)


def test_the_page_of_another_version_is_to_be_read_first(sound: SealedEvidence, unpacked: Path) -> None:
    """What this version does not write, it cannot compare."""
    path = unpacked / "manifest.json"
    path.write_text(path.read_text().replace('"version": "0.1.0"', '"version": "0.0.9"'))
    outcome = verified(sound, unpacked, quick=True)
    says = "was written by another version: read it before anything of it is run"
    assert (outcome.exit_code, outcome.unchecked[says]) == (SOUND, ("VERIFY.md",))


def test_the_bundles_page_passes_when_followed(sound: SealedEvidence, unpacked: Path, tmp_path: Path) -> None:
    """With OpenSSL and the tools of any GNU/Linux alone."""
    code, lines = followed(unpacked, sound.key, tmp_path)
    assert (code, lines[-1]) == (0, f"run {RUNS['aborted']}: in the register with this seal")


@pytest.mark.parametrize(
    ("attack", "says"),
    [
        (_table_edited, "FAILED: a file is not the one the manifest lists"),
        (_table_removed, "FAILED: a file is not the one the manifest lists"),
        (_file_listed_twice, "FAILED: a file is not the one the manifest lists"),
        (_file_put_in, "FAILED: there are files that the manifest does not list"),
    ],
)
def test_the_bundles_page_fails_when_something_was_changed(
    attack: Callable[[Path], None], says: str, sound: SealedEvidence, unpacked: Path, tmp_path: Path
) -> None:
    """The shell ends with an error that names the fault."""
    attack(unpacked)
    code, lines = followed(unpacked, sound.key, tmp_path)
    assert (code, lines[-1]) == (1, says)


def test_the_bundles_page_names_the_runs_that_are_not_there(
    sound: SealedEvidence, unpacked: Path, tmp_path: Path
) -> None:
    """A window that nobody signed may leave a failed run out: whoever checks by hand sees that too."""
    _run_left_out_of_all(unpacked)
    code, lines = followed(unpacked, sound.key, tmp_path)
    left_out = [line for line in lines if line.startswith("NOT HERE")]
    drill = sound.folder("failed").parent.name
    assert (code, left_out) == (0, [f"NOT HERE: run {RUNS['failed']} of {drill}, FAIL"])


def test_the_bundles_page_passes_where_no_run_came_to_its_end(
    sound: SealedEvidence, unpacked: Path, tmp_path: Path
) -> None:
    """There is no seal to check then, and nothing fails."""
    for name in RUNS:
        shutil.rmtree(unpacked / sound.where(name))
    _listed(unpacked, lambda files: [one for one in files if not one["path"].startswith(sound.where("passed")[:8])])
    code, lines = followed(unpacked, sound.key, tmp_path)
    assert (code, len([line for line in lines if line.startswith("NOT HERE")])) == (0, len(RUNS))
