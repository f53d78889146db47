"""How PostgreSQL's answers are understood."""

from __future__ import annotations

import pytest

from orchestrator.ledger.clients.postgres import is_definite


@pytest.mark.parametrize(
    ("sqlstate", "severity", "definite"),
    [
        pytest.param("23505", "ERROR", True, id="a constraint's no"),
        pytest.param("25006", "ERROR", True, id="read-only"),
        pytest.param("42P01", "ERROR", True, id="no such table"),
        pytest.param("57014", "ERROR", True, id="cancelled before the commit"),
        pytest.param("57P01", "FATAL", False, id="shutdown"),
        pytest.param("57P02", "FATAL", False, id="crash"),
        pytest.param("08006", "FATAL", False, id="connection lost"),
        pytest.param("40003", "ERROR", False, id="the server itself does not know"),
        pytest.param("53100", "PANIC", False, id="the commit's WAL may or may not be on disk"),
        pytest.param("", "", False, id="no answer at all"),
    ],
)
def test_only_a_definite_no_is_a_refusal(sqlstate: str, severity: str, definite: bool) -> None:  # noqa: FBT001 - a case
    """Refused writes must be absent later, so whatever may have been committed is in doubt instead."""
    assert is_definite(sqlstate, severity) is definite
