"""The check `postgres-replication`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration, Size  # noqa: TC001 - pydantic reads them
from orchestrator.postgresql import standbys
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab
    from orchestrator.postgresql.standbys import Standby

POLL_S = 0.1


class PostgresReplication(Check):
    """See that enough standbys follow a primary closely, and that none of its slots keeps WAL for one that is away.

    Proves that the next failure could be recovered from: after a fail-over there is no standby until one is made. Says
    nothing of what a standby holds: it streams, and its own content is not read.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "postgres-replication: {service: app, standbys: 1, max_lag: 16MiB}"
    proves: ClassVar[str] = "Standbys follow the recovered primary."
    not_proven: ClassVar[tuple[str, ...]] = ("That a standby could take over: none was promoted after the recovery.",)

    service: str = Field(description="The primary, or the endpoint in front of it.")
    standbys: int = Field(default=1, ge=1, description="How many must follow.")
    synchronous: bool = Field(default=False, description="Whether commits must wait for that many.")
    max_lag: Size = Field(default=16 * 2**20, description="Most WAL that one of them may still have to replay.")
    within: Duration = Field(default=5.0, gt=0, description="Longest time until it must be so.")

    def look(self, lab: Lab) -> list[Finding]:
        """Ask until it is so; violated with what was seen last."""
        deadline = lab.clock.monotonic_ns() + int(self.within * 1e9)
        try:
            while (wrong := self.wrong(found := standbys.of(lab, self.service))) and self._in_time(lab, deadline):
                lab.clock.sleep(POLL_S)
        except StepFailedError as error:
            return [Finding(name=self.kind, state=State.VIOLATED, says=f"{self.service}: {error.message}")]
        return [
            Finding(
                name=self.kind,
                state=State.VIOLATED if wrong else State.HELD,
                says=f"{self.service}: {wrong or ', '.join(map(_told, found))}",
                seen={"standbys": [one.seen() for one in found]},
            )
        ]

    @staticmethod
    def _in_time(lab: Lab, deadline: int) -> bool:
        return lab.clock.monotonic_ns() < deadline

    def wrong(self, found: list[Standby]) -> str:
        """Return what is wrong; empty when nothing is."""
        following = [one for one in found if one.streams]
        if len(following) < self.standbys:
            return f"{len(following)} standbys follow, not {self.standbys}"
        if self.synchronous and sum(one.synchronous in ("sync", "quorum") for one in following) < self.standbys:
            return f"commits do not wait for {self.standbys} of {', '.join(one.name for one in following)}"
        for one in found:
            if not one.streams:
                return f"a slot keeps WAL for {one.name}, which is {one.state}"
            if one.behind_bytes is None or one.behind_bytes > self.max_lag:
                return f"{one.name} is {one.behind_bytes} bytes behind; {self.max_lag} are allowed"
        return ""


def _told(one: Standby) -> str:
    late = "" if one.behind_s is None else f" and {one.behind_s:.2f} s"
    return f"{one.name} follows, {one.behind_bytes} bytes{late} behind"
