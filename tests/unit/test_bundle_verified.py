"""A bundle is read by `verify` as the evidence directory is, whatever window it is of."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from sealed_evidence import sealed_evidence

from reports import keys
from reports.exports.bundle import Order, write_bundle
from reports.period import Window
from reports.verify.asked import Asked
from reports.verify.evidence import verify

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = Window(first="2026-11-01", last="2026-11-30")


def verified(bundle: Path, key: str) -> tuple[int, list[str]]:
    """Return what verifying a bundle comes to: the exit code, and the names of its faults."""
    outcome = verify(bundle, Asked(pinned={keys.key_id(keys.public_key(key)): keys.public_key(key)}))
    return outcome.exit_code, [fault.name for fault in outcome.faults]


def test_a_bundle_is_verified(tmp_path: Path) -> None:
    """Register, runs and everything derived; a byte changed in a derived table is found."""
    evidence = sealed_evidence(tmp_path / "evidence")
    assert evidence.key is not None
    bundle = tmp_path / "bundle.zip"
    write_bundle(evidence.directory, bundle, Order(WINDOW, (), "P7Y"))
    assert verified(bundle, evidence.key.public_pem) == (0, [])
    spoiled = tmp_path / "spoiled.zip"
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(spoiled, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            raw = source.read(member)
            target.writestr(
                member, raw.replace(b"FAIL", b"PASS") if member.filename.endswith("population.csv") else raw
            )
    assert verified(spoiled, evidence.key.public_pem) == (1, ["manifest-differs"])
