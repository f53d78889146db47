"""How MariaDB's errors are understood."""

from __future__ import annotations

from time import monotonic_ns

import pytest

from orchestrator.ledger.clients import AttemptFailedError
from orchestrator.ledger.clients.mariadb import MariadbClient, is_definite


@pytest.mark.parametrize(
    ("code", "sqlstate", "definite"),
    [
        pytest.param(1062, "23000", True, id="a constraint's no"),
        pytest.param(1290, "HY000", True, id="read-only"),
        pytest.param(1836, "HY000", True, id="in read-only mode"),
        pytest.param(1146, "42S02", True, id="no such table"),
        pytest.param(1317, "70100", True, id="interrupted before the commit"),
        pytest.param(1053, "08S01", False, id="shutdown"),
        pytest.param(1927, "70100", False, id="somebody ended the connection"),
        pytest.param(1180, "HY000", False, id="failed within the commit"),
        pytest.param(1026, "HY000", False, id="the binlog may or may not hold it"),
        pytest.param(2013, "", False, id="no answer at all: the driver's own error"),
    ],
)
def test_only_a_definite_no_is_a_refusal(code: int, sqlstate: str, definite: bool) -> None:  # noqa: FBT001 - a case
    """Refused writes must be absent later, so whatever may have been committed is in doubt instead."""
    assert is_definite(code, sqlstate) is definite


def test_a_name_that_does_not_resolve_is_a_failed_attempt() -> None:
    """As of every other client: the next one may succeed."""
    client = MariadbClient(user="app", database="orders", password="any")
    with pytest.raises(AttemptFailedError):
        client.connect(("nowhere.invalid", 3306), monotonic_ns() + 10**9)
    client.close()
