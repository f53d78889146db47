"""How Redis's answers are understood."""

from __future__ import annotations

import pytest

from orchestrator.ledger.clients import AttemptFailedError
from orchestrator.ledger.clients.redis import failure, row_from
from reports.facts.ledger import Row


@pytest.mark.parametrize(
    ("says", "definite"),
    [
        pytest.param("MISCONF Redis is configured to save RDB snapshots", True, id="it cannot save"),
        pytest.param("READONLY You can't write against a read only replica.", True, id="a replica"),
        pytest.param("LOADING Redis is loading the dataset in memory", True, id="loading"),
        pytest.param("OOM command not allowed when used memory > 'maxmemory'.", True, id="full"),
        pytest.param("NOREPLICAS Not enough good replicas to write.", True, id="too few replicas"),
        pytest.param("WRONGTYPE Operation against a key", True, id="no list"),
        pytest.param("NOAUTH Authentication required.", True, id="not logged in"),
        pytest.param("ERR Connection timed out", False, id="a proxy lost the server"),
        pytest.param("UNBLOCKED force unblock", False, id="an error that is not known"),
    ],
)
def test_only_a_rejected_command_is_a_refusal(says: str, definite: bool) -> None:  # noqa: FBT001 - a case
    """Refused writes must be absent later, so whatever may have been done is in doubt instead."""
    failed = failure(says)
    assert (failed.says, failed.sqlstate, failed.definite) == (says, says.split(maxsplit=1)[0], definite)


@pytest.mark.parametrize(
    ("element", "says"),
    [
        (b"7 12", "the list holds what no ledger writes"),
        (b"7 12 x", "the list holds what no ledger writes"),
        (b"-1 12 5", "the list holds a number that no ledger writes"),
        (b"1 -12 5", "the list holds a number that no ledger writes"),
        (b"65536 12 5", "the list holds a number that no ledger writes"),
    ],
)
def test_a_row_no_ledger_can_have_written_is_told_without_its_content(element: bytes, says: str) -> None:
    """Such a list cannot be judged row by row; the error holds no row."""
    with pytest.raises(AttemptFailedError) as caught:
        row_from(element)
    assert caught.value.says == says


def test_a_row_is_read_from_its_element() -> None:
    """Three numbers; a payload that was never sent is kept as another one."""
    assert row_from(b"7 12 %d" % 2**63).payload < 2**63
    assert row_from(b"7 12 -9223372036854775808") == Row(7, 12, -(2**63))
