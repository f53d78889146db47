"""How the values of a row, whatever software they come from, are understood as a ledger's."""

from __future__ import annotations

import pytest

from orchestrator.ledger.clients import AttemptFailedError, as_row
from reports.facts.ledger import Row

LEAST = -(2**63)


@pytest.mark.parametrize("values", [(7, 12, LEAST), (b"7", b"12", b"-9223372036854775808\n")])
def test_a_row_is_three_numbers(values: tuple[bytes | int, ...]) -> None:
    """As numbers or as text, whatever the columns are called."""
    assert as_row(values) == Row(7, 12, LEAST)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((b"7", b"12"), "the table has not the ledger's columns"),
        ((b"7", b"12", b"\\N"), "the table has not the ledger's columns"),
        ((7, 12, None), "the table has not the ledger's columns"),
        ((-1, 12, 5), "the table holds a negative number that no ledger writes"),
        ((b"1", b"-12", b"5"), "the table holds a negative number that no ledger writes"),
    ],
)
def test_a_row_no_ledger_can_have_written_is_told_without_its_content(
    values: tuple[bytes | int | None, ...], says: str
) -> None:
    """Such a table cannot be judged row by row; the error holds no row."""
    with pytest.raises(AttemptFailedError) as caught:
        as_row(values)
    assert caught.value.says == says
