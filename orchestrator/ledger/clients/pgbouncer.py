"""PostgreSQL through a pool of sessions: to its clients no other than the server itself."""

from __future__ import annotations

from orchestrator.ledger.clients.postgres import PostgresClient


class PgbouncerClient(PostgresClient):
    """A Client of PostgreSQL behind PgBouncer; who it is told to be is the server, asked anew at each connect."""
