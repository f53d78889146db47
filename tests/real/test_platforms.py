"""A folder for each evidence platform: only what it takes, small enough, with what it wants to know of each file."""

from __future__ import annotations

import json
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from synthetic_records import CONTROL, PASSED
from synthetic_registers import FreshKey, SyntheticRegister, write_run

from reports.controls.load import load
from reports.exports import platforms
from reports.exports.bundle import Order, write_bundle
from reports.exports.platforms import PLATFORMS
from reports.period import Window

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = Window(first="2026-11-01", last="2026-11-30")


def exported(directory: Path, name: str) -> zipfile.ZipFile:
    """Return a bundle for a platform, of a drill and a negative control whose reports are short."""
    register = SyntheticRegister(directory / "evidence", FreshKey())
    for number, record in enumerate((PASSED, CONTROL), start=1):
        run = record.model_copy(update={"run": f"20261101T060000Z-000{number}"})
        folder, started = register.evidence / run.drill.name / run.run, register.start(run)
        written = write_run(folder, run)
        (folder / "report.html").write_text("<!doctype html><title>report</title><p>recovered")
        register.finish(folder, written, started)
    write_bundle(directory / "evidence", directory / "bundle.zip", Order(WINDOW, load(), "P7Y", PLATFORMS[name]))
    return zipfile.ZipFile(directory / "bundle.zip")


FORMS = {
    "vanta": ["pdf"],
    "drata": ["csv", "html", "json", "zip"],
    "secureframe": ["csv", "pdf"],
    "ciso-assistant": ["csv", "json", "pdf", "zip"],
}


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_a_platform_gets_what_it_takes(tmp_path: Path, name: str) -> None:
    """Files of kinds that it takes, each listed with digest, dates and its own names of the fields; no control runs."""
    with exported(tmp_path, name) as bundle:
        folder = f"audit_window/{name}/"
        files = {path.removeprefix(folder) for path in bundle.namelist() if path.startswith(folder)} - {"upload.json"}
        told = json.loads(bundle.read(f"{folder}upload.json"))
        digests = {file: sha256(bundle.read(folder + file)).hexdigest() for file in files}
    assert sorted({file.rpartition(".")[2] for file in files}) == FORMS[name]
    assert {item["file"]: item["sha256"] for item in told["items"]} == digests
    assert max(map(len, files)) <= 40
    assert [file for file in files if "0002" in file] == []
    page = "html" if name == "drata" else "pdf"
    assert {f"period.{page}", f"board.{page}"} <= files
    for item in told["items"]:
        assert item["fields"].keys() == PLATFORMS[name].fields.keys()
        assert (
            f"SHA-256 {item['sha256']}. Check it: drillmaster verify BUNDLE.zip --trust KEY.pub" in item["description"]
        )
        assert item["effective"] == "2026-11-01"
        assert item["retain_until"] == "2033-11-01"
    passed = next(item for item in told["items"] if item["file"].startswith("20261101T060000Z-0001"))
    assert passed["title"] == "postgres-volume-loss 20261101T060000Z-0001"
    assert passed["controls"]
    assert passed["controls"] == sorted(set(passed["controls"]))
    own_names = {control.startswith("urn:intuitem:risk:req_node:") for control in passed["controls"]}
    assert own_names == {name == "ciso-assistant"}


def test_a_folder_of_a_run_is_packed_as_it_is(tmp_path: Path) -> None:
    """Its own zip can be made again byte for byte, and holds every sealed file."""
    with exported(tmp_path, "drata") as bundle:
        inside = "postgres-volume-loss/20261101T060000Z-0001/"
        sealed = {name.removeprefix(inside) for name in bundle.namelist() if name.startswith(inside)}
        with bundle.open("audit_window/drata/20261101T060000Z-0001.zip") as raw, zipfile.ZipFile(raw) as packed:
            assert set(packed.namelist()) == sealed


def test_a_run_without_a_file_to_upload_is_named(tmp_path: Path) -> None:
    """Whoever uploads the folder sees what of the population is not in it."""
    register = SyntheticRegister(tmp_path / "evidence")
    register.start(PASSED.model_copy(update={"run": "20261101T060000Z-0001"}))
    write_bundle(tmp_path / "evidence", tmp_path / "bundle.zip", Order(WINDOW, (), "P7Y", PLATFORMS["drata"]))
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        told = json.loads(bundle.read("audit_window/drata/upload.json"))
    assert told["left_out"] == [
        {
            "path": "postgres-volume-loss/20261101T060000Z-0001",
            "why": "The run never finished: it counts as aborted.",
        }
    ]


def test_what_is_too_large_is_named_and_left_out(tmp_path: Path) -> None:
    """25 MB a file is what all platforms take, also within a zip."""
    register = SyntheticRegister(tmp_path / "evidence")
    record = PASSED.model_copy(update={"run": "20261101T060000Z-0001"})
    folder = tmp_path / "evidence" / record.drill.name / record.run
    (folder / "logs").mkdir(parents=True)
    with (folder / "logs" / "db.log").open("wb") as file:
        file.truncate(platforms.MOST_BYTES + 1)
    (folder / "record.json").write_text(record.model_dump_json())
    register.finish(folder, record, register.start(record))
    write_bundle(tmp_path / "evidence", tmp_path / "bundle.zip", Order(WINDOW, (), "P7Y", PLATFORMS["drata"]))
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        told = json.loads(bundle.read("audit_window/drata/upload.json"))
        with bundle.open("audit_window/drata/20261101T060000Z-0001.zip") as raw, zipfile.ZipFile(raw) as packed:
            assert packed.namelist() == ["record.json"]
    assert told["left_out"] == [
        {
            "path": "postgres-volume-loss/20261101T060000Z-0001/logs/db.log",
            "why": "is larger than the 25 MB that are taken",
        }
    ]
