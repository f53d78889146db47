"""The check `latency`."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from orchestrator.core.errors import NotReadyError
from orchestrator.core.kind import Check
from orchestrator.core.units import Duration  # noqa: TC001 - pydantic reads it
from orchestrator.software.web import get
from reports.facts.events import Finding, State
from reports.ranks import nearest_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.core.lab import Lab
    from orchestrator.core.ports import Clock
    from orchestrator.software.web import Page

WRONG = 400
"""From this status on an answer is an error."""
SHARE = 0.95
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
QUERY = re.compile(r"(?:^|,)\s*db\s*;(?:[^,;]*;)*?\s*dur=([0-9]+(?:\.[0-9]+)?)")
Path = Annotated[str, Field(pattern=r"^/[!-~]*$")]


@dataclass(frozen=True)
class Answer:
    """What came of one request."""

    took_s: float
    right: bool
    queries_s: tuple[float, ...] = ()
    cached: bool | None = None
    """None: it does not say."""


class Latency(Check):
    """Ask an application for pages, several at once: it must be quick, make no errors, and use its cache.

    Asked from the engine's machine at the service's address on the lab's network, the paths in turn, each request on a
    connection of its own; those of the warm-up are not counted, only their errors told. Response times are of right
    answers, from the connect to the last byte. An error is a status from 400 on, or no answer. How long queries took
    the application tells in `Server-Timing: db;dur=MILLISECONDS`, once for each; whether a page came from its cache in
    `Cache-Status` (RFC 9211). Percentiles are nearest ranks. Proves the speed of these pages under this load, on the
    lab's machine.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "latency: {service: web, paths: [/, /products/1/], query_p95: 100ms, cache_hits: 70}"
    proves: ClassVar[str] = "The recovered application answers as quickly and as surely as it must."
    not_proven: ClassVar[tuple[str, ...]] = (
        "The application's speed for other pages, for more visitors at once, or on production's machines.",
    )

    service: str = Field(description="The service to ask.")
    port: int = Field(default=80, ge=1, le=65535, description="The port it listens on.")
    paths: tuple[Path, ...] = Field(
        default=("/",), min_length=1, description="The pages to ask for, in turn: paths beginning with /, URL-encoded."
    )
    requests: int = Field(default=200, ge=20, description="How many requests are counted, after the warm-up.")
    warm_up: int = Field(default=50, ge=0, description="How many requests go before those that are counted.")
    concurrency: int = Field(default=4, ge=1, le=64, description="Requests at the same time.")
    response_p95: Duration = Field(
        default=1.0, gt=0, description="What 95 % of the right answers must stay below, from the connect on."
    )
    errors: float = Field(
        default=1.0, gt=0, le=100, description="The percentage of requests that errors must stay below."
    )
    query_p95: Duration | None = Field(
        default=None, gt=0, description="What 95 % of the application's queries must stay below; not asked by default."
    )
    cache_hits: float | None = Field(
        default=None,
        ge=0,
        lt=100,
        description="The percentage of pages that must come from the cache, and more, of those that say whether they "
        "do; not asked by default.",
    )
    within: Duration = Field(default=2.0, gt=0, description="Longest time to connect, and as long for the answer.")

    def look(self, lab: Lab) -> list[Finding]:
        """Ask and count, a finding for each bound; what the application does not tell is unknown."""
        address = lab.address(self.service)
        if address is None:
            return [self._finding(State.VIOLATED, "its container is not running", {})]
        warming = self._ask(lab.clock, address, self.warm_up)
        return self._judged(self._ask(lab.clock, address, self.requests), warming)

    def _ask(self, clock: Clock, address: str, count: int) -> list[Answer]:
        def ask(path: str) -> Answer:
            began = clock.monotonic_ns()
            try:
                page = get(address, self.port, path, self.within)
            except NotReadyError:
                return Answer(0, right=False)
            return answer(page, (clock.monotonic_ns() - began) / 1e9)

        with ThreadPoolExecutor(self.concurrency) as visitors:
            return list(visitors.map(ask, islice(cycle(self.paths), count)))

    def _judged(self, answers: Sequence[Answer], warming: Sequence[Answer] = ()) -> list[Finding]:
        right = [answer for answer in answers if answer.right]
        responses = sorted(answer.took_s for answer in right)
        findings = [
            self._errors(answers, warming),
            self._quick("answers", responses, self.response_p95, "no answer was right"),
        ]
        if self.query_p95 is not None:
            queries = sorted(took for answer in right for took in answer.queries_s)
            findings.append(self._quick("queries", queries, self.query_p95, "no answer had a Server-Timing of db"))
        if self.cache_hits is not None:
            told = [answer.cached for answer in right if answer.cached is not None]
            findings.append(self._cached(told, self.cache_hits))
        return findings

    def _errors(self, answers: Sequence[Answer], warming: Sequence[Answer]) -> Finding:
        count = len(answers)
        wrong, before = (sum(not one.right for one in asked) for asked in (answers, warming))
        share = 100 * wrong / count
        says = f"{wrong} of {count} requests ended in an error ({share:.1f} %), asked for: below {self.errors:g} %"
        if before:
            says += f"; and {before} of the {len(warming)} of the warm-up"
        seen: dict[str, float] = {"requests": count, "errors": wrong, "at_once": self.concurrency}
        seen |= {"warm_up": len(warming), "warm_up_errors": before}
        return self._finding(State.HELD if share < self.errors else State.VIOLATED, says, seen)

    def _quick(self, what: str, took_s: list[float], bound_s: float, nothing: str) -> Finding:
        if not took_s:
            return self._finding(State.UNKNOWN, nothing, {})
        p95_s = nearest_rank(took_s, SHARE)
        seen: dict[str, float] = {what: len(took_s), "p50_ms": _ms(nearest_rank(took_s, 0.5)), "p95_ms": _ms(p95_s)}
        seen["most_ms"] = _ms(took_s[-1])
        says = f"95 % of {len(took_s)} {what} within {_ms(p95_s)} ms, asked for: below {1000 * bound_s:g} ms"
        return self._finding(State.HELD if p95_s < bound_s else State.VIOLATED, says, seen)

    def _cached(self, told: list[bool], bound: float) -> Finding:
        if not told:
            return self._finding(State.UNKNOWN, "no answer had a Cache-Status", {})
        share = 100 * sum(told) / len(told)
        after = f"after a warm-up of {self.warm_up} requests"
        says = f"{share:.1f} % of {len(told)} pages came from the cache {after}, asked for: above {bound:g} %"
        seen: dict[str, float] = {"pages": len(told), "hits": sum(told), "warm_up": self.warm_up}
        return self._finding(State.HELD if share > bound else State.VIOLATED, says, seen)

    def _finding(self, state: State, says: str, seen: dict[str, float]) -> Finding:
        return Finding(name=self.kind, state=state, says=f"{self.service}: {says}", seen=seen)


def answer(page: Page, took_s: float) -> Answer:
    """Return what a page says of how it was made."""
    # Quoted words may hold what separates the others.
    timing = QUOTED.sub("", ", ".join(page.headers.get_all("Server-Timing", [])))
    caches = QUOTED.sub("", ", ".join(page.headers.get_all("Cache-Status", [])))
    # Of several caches the last one is nearest to the client.
    nearest = [parameter.strip() for parameter in caches.rpartition(",")[2].split(";")]
    return Answer(
        took_s,
        right=page.status < WRONG,
        queries_s=tuple(float(ms) / 1000 for ms in QUERY.findall(timing)),
        cached="hit" in nearest[1:] if caches else None,
    )


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 1)
