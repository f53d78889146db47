"""The check `mariadb-query`: it says of MariaDB what postgres-query says of PostgreSQL."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator.kinds.checks.mariadb_query import MariadbQuery
from reports.facts.events import State


def test_a_condition_is_the_number_one() -> None:
    """MariaDB has no boolean of its own."""
    check = MariadbQuery(service="db", query="SELECT 1 = 1", expect=1)
    assert [check._valued([(answer,)]).state for answer in (1, 0)] == [State.HELD, State.VIOLATED]


def test_two_expectations_are_one_too_many() -> None:
    """It would be unclear which counts."""
    with pytest.raises(ValidationError, match="give one of expect, at_least and at_most, or compare"):
        MariadbQuery(service="db", query="SELECT 1", expect=1, at_least=1)
