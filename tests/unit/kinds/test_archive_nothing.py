"""The sabotage `archive-nothing`: what is missing. The fault itself: tests/real/test_sabotage.py."""

from __future__ import annotations

import pytest

from orchestrator.kinds.sabotage.archive_nothing import is_missing

NAME = "000000010000000000000007"


@pytest.mark.parametrize(
    ("archived", "missing"),
    [
        (NAME, False),
        ("000000010000000000000008", True),
        (f"{NAME}.00000028.backup", False),
        ("00000002.history", False),
        ("000000010000000000000008.partial", False),
    ],
)
def test_only_a_segment_can_be_missing(archived: str, missing: bool) -> None:  # noqa: FBT001 - a case
    """Histories are kept elsewhere in the repository, and prove nothing of lost WAL."""
    assert is_missing(archived, {NAME: "its file"}) is missing
