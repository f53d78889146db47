"""How the values of a row, whatever software they come from, are understood as a ledger's."""

from __future__ import annotations

import pytest

from orchestrator.ledger.clients import AttemptFailedError, as_row
from reports.facts.ledger import ROW, Row

LEAST = -(2**63)


@pytest.mark.parametrize("values", [(7, 12, LEAST), (b"7", b"12", b"-9223372036854775808\n")])
def test_a_row_is_three_numbers(values: tuple[bytes | int, ...]) -> None:
    """As numbers or as text, whatever the columns are called."""
    assert as_row(values) == Row(7, 12, LEAST)


@pytest.mark.parametrize("payload", [LEAST - 1, 2**63, 10**30])
def test_a_payload_that_no_ledger_writes_is_another_one(payload: int) -> None:
    """A corrupt row, which the ledger's files can hold."""
    row = as_row((7, 12, payload))
    assert ROW.unpack(ROW.pack(*row)) == row
    assert row.payload != (payload + 2**63) % 2**64 - 2**63


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((b"7", b"12"), "the table has not the ledger's columns"),
        ((b"7", b"12", b"\\N"), "the table has not the ledger's columns"),
        ((7, 12, None), "the table has not the ledger's columns"),
        ((-1, 12, 5), "the table holds a number that no ledger writes"),
        ((b"1", b"-12", b"5"), "the table holds a number that no ledger writes"),
        ((2**16, 12, 5), "the table holds a number that no ledger writes"),
        ((7, 2**64, 5), "the table holds a number that no ledger writes"),
    ],
)
def test_a_row_no_ledger_can_have_written_is_told_without_its_content(
    values: tuple[bytes | int | None, ...], says: str
) -> None:
    """Such a table cannot be judged row by row; the error holds no row."""
    with pytest.raises(AttemptFailedError) as caught:
        as_row(values)
    assert caught.value.says == says
