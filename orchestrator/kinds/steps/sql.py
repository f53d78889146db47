"""The step `sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Step, in_brief

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class Sql(Step):
    """Run SQL statements on a service, as the application's role (by the image's contract a superuser).

    They stand in the drill, or in a file beside it. Several statements separated by semicolons are one transaction. An
    error of the server fails the step. On a Redis they are its commands, one a line, words quoted as in a shell.
    """

    main: ClassVar[str] = "run"
    example: ClassVar[str] = "sql: {service: db, run: CREATE TABLE orders (id int PRIMARY KEY)}"

    service: str = Field(description="The service that runs the statements.")
    statement: str | None = Field(
        default=None, alias="run", min_length=1, description="The SQL statements; or give `file`."
    )
    file: str | None = Field(default=None, min_length=1, description="A file with the statements, beside the drill.")
    database: str | None = Field(default=None, description="The database; the service's own by default.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.statement is None) == (self.file is None):
            raise ValueError("needs either `run` or `file`")
        return self

    @property
    def title(self) -> str:
        """Return the kind, and the statements or their file."""
        return f"{self.kind}: {in_brief(self.statement or self.file or '')}"

    def run(self, lab: Lab) -> str:
        """Run them and return how many rows the last returned; raises StepFailedError or StepTimedOutError."""
        rows = lab.sql(self.service, self._statements(lab), self.database, timeout_s=self.timeout)
        return f"rows returned by {self.service}: {len(rows)}"

    def _statements(self, lab: Lab) -> str:
        if self.file is None:
            return self.statement or ""
        path = lab.loaded.resolve(self.file)
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise StepFailedError(f"{path}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise StepFailedError(f"{path}: is not UTF-8 from byte {error.start} on") from error
