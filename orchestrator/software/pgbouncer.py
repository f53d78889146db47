"""PgBouncer in front of a PostgreSQL server: all that a client asks is answered by the server behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.errors import StepFailedError
from orchestrator.core.software_port import Access
from orchestrator.software.postgres import Postgres

if TYPE_CHECKING:
    from orchestrator.core.declared_lab import Service
    from orchestrator.core.software_port import Archiver, DataFile

PASSWORD_FILE = "/run/secrets/pgbouncer_password"  # noqa: S105 - a path, no password
CONSOLE = "pgbouncer"
"""The database that is no database: PgBouncer itself answers."""
BOUNDING = (
    "dns_max_ttl",
    "dns_nxdomain_ttl",
    "pool_mode",
    "query_wait_timeout",
    "server_connect_timeout",
    "server_login_retry",
)
"""What bounds how soon its clients find a recovered server."""


class Pgbouncer(Postgres):
    """PgBouncer in an image that takes its settings as arguments; the server is the one that the service `uses`.

    Clients have a password of their own, and what was there before is asked through it as of the server. Sessions are
    pooled, not transactions: what a session sets stays with it.
    """

    type = "pgbouncer"
    port = 6432

    def environment(self, service: Service) -> dict[str, str]:
        """Return whom the image lets in, and which server it asks."""
        return {
            "PGBOUNCER_USER": service.user,
            "PGBOUNCER_PASSWORD_FILE": PASSWORD_FILE,
            "PGBOUNCER_SERVER": " ".join(service.uses),
        }

    def secrets(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the port's signature
        """Return the password that clients give, and where it lies; the server's comes with `uses`."""
        return {"password": PASSWORD_FILE}

    def command(self, service: Service) -> tuple[str, ...]:
        """Return PgBouncer's command line: the service's own settings."""
        return ("pgbouncer", *(f"{name}={value}" for name, value in service.worded_settings.items()))

    def version(self, access: Access) -> str:
        """Return PgBouncer's version."""
        return str(self._ask(access, "SHOW VERSION")[0][0]).removeprefix("PgBouncer ")

    def bounding_settings(self, access: Access) -> dict[str, str]:
        """Return BOUNDING."""
        return {name: value for name, value in self.settings(access).items() if name in BOUNDING}

    def settings(self, access: Access) -> dict[str, str]:
        """Return every setting; there are no secrets among them. Raises StepFailedError."""
        return {str(name): str(value) for name, value, *_ in self._ask(access, "SHOW CONFIG")}

    def archiver(self, access: Access) -> Archiver | None:  # noqa: ARG002 - the port's signature
        """Return None: what the server behind it archives is told of that."""
        return None

    def data_file(self, access: Access, relation: str) -> DataFile:  # noqa: ARG002 - the port's signature
        """Raise StepFailedError: it has no files."""
        raise StepFailedError("a pool keeps no data of its own: ask the server behind it")

    def server_marks(self, log: str) -> list[tuple[str, str]]:  # noqa: ARG002 - the port's signature
        """Return none: a pool replays nothing."""
        return []

    def _ask(self, access: Access, statement: str) -> list[tuple[object, ...]]:
        return self.execute(Access(access.host, access.port, access.user, CONSOLE, access.password), statement)
