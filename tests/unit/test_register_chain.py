"""The register's chain: one spelling, no gap, every signature over the line before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import synthetic_registers

from reports.register import chain

if TYPE_CHECKING:
    from pathlib import Path


def test_a_register_reads_as_it_was_written(tmp_path: Path) -> None:
    """Every entry from the key's own on is signed by it, the entries agree, and nothing is torn."""
    key = synthetic_registers.FreshKey()
    register = synthetic_registers.evidence(tmp_path / "evidence", runs=4, key=key)
    found = chain.read(register.path)
    known = {key.keyid: key.private.public_key()}
    assert [chain.signed_by(entry, known) for entry in found.entries] == [(), *[(key.keyid,)] * 9]
    assert (found.position, found.torn, register.state().mistakes) == (register.position, b"", ())
