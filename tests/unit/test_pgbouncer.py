"""What a pool of connections needs no server for: its container's declaration. Its answers: the drill mail-platform."""

from __future__ import annotations

import pytest

from orchestrator.core.declared_lab import Service
from orchestrator.core.errors import StepFailedError
from orchestrator.core.software_port import Access
from orchestrator.software.pgbouncer import Pgbouncer

POOL = Pgbouncer()
SERVICE = Service(type="pgbouncer", image="any", user="app", uses=("db",), settings={"default_pool_size": 5})


def test_it_is_told_its_server_and_clients_have_a_password_of_their_own() -> None:
    """Nothing secret is in environment or command; the server's password comes with `uses`."""
    assert POOL.environment(SERVICE) == {
        "PGBOUNCER_USER": "app",
        "PGBOUNCER_PASSWORD_FILE": "/run/secrets/pgbouncer_password",
        "PGBOUNCER_SERVER": "db",
    }
    assert POOL.secrets(SERVICE) == {"password": "/run/secrets/pgbouncer_password"}
    assert POOL.command(SERVICE) == ("pgbouncer", "default_pool_size=5")


def test_it_keeps_nothing_of_its_own() -> None:
    """Neither archive nor file nor a log that is replayed."""
    access = Access("nowhere", 1, "u", "d", "p")
    assert (POOL.archiver(access), POOL.server_marks("2026-11-21T19:14:11.1Z LOG process up: PgBouncer 1.18.0")) == (
        None,
        [],
    )
    with pytest.raises(StepFailedError, match=r"^a pool keeps no data of its own: ask the server behind it$"):
        POOL.data_file(access, "orders")
