"""The check `region-link`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Check, Need
from orchestrator.core.units import Bandwidth, Duration, bandwidth_source
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab

MORE = 1.1
"""What bursts may add to a link's bandwidth within the measurement."""

# Listens, prints its port, and goes on in the background: counts what comes after a warm-up, and answers with that.
RECEIVE = """
import json, os, socket, time
listener = socket.create_server(("", 0))
listener.settimeout(10)
print(listener.getsockname()[1], flush=True)
if os.fork():
    os._exit(0)
os.setsid()
for stream in (0, 1, 2):
    os.dup2(os.open(os.devnull, os.O_RDWR), stream)
sender, _ = listener.accept()
sender.settimeout(10)
received, began, ended = 0, None, 0.0
while part := sender.recv(1 << 16):
    ended = time.monotonic()
    if began is None:
        began = ended + 0.2
    elif ended > began:
        received += len(part)
sender.sendall(json.dumps({"bytes": received, "seconds": ended - (began or ended)}).encode())
"""
SEND = """
import json, socket, sys, time
asked = json.load(sys.stdin)
receiver = socket.create_connection((asked["to"], asked["port"]), 5)
ended, nothing = time.monotonic() + asked["seconds"] + 0.2, bytes(1 << 16)
while time.monotonic() < ended:
    receiver.sendall(nothing)
receiver.shutdown(socket.SHUT_WR)
receiver.settimeout(30)
print(receiver.recv(1 << 16).decode())
"""


class RegionLink(Check):
    """Send from one region to another as fast as it goes, and compare with the bandwidth that the link should have.

    Measured before the disaster, while both are there, beside all else that takes the link then. Proves that what was
    replicated, or restored from afar, had no more than the stated link; a slower one only makes the drill harder, and
    is told. Says nothing of latency, nor of the way back.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "region-link: {service: db, to: standby}"
    proves: ClassVar[str] = "The link between two regions was no faster than stated."

    service: str = Field(description="The service that sends.")
    to: str = Field(description="The service, in another region, that receives.")
    at_most: Bandwidth | None = Field(
        default=None, description="What the real link takes; default: what the drill states for the sender's region."
    )
    seconds: Duration = Field(default=1.0, ge=0.5, le=10, alias="for", description="How long it sends.")

    def services(self) -> tuple[str, ...]:
        """Return both services."""
        return (self.service, self.to)

    def needs(self) -> tuple[Need, ...]:
        """Return python3: both ends are written in it."""
        return tuple(Need(service, "python3") for service in self.services())

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that there is no link between the two."""
        here, there = (drill.lab.services.get(name) for name in self.services())
        if here and there and (here.region is None or here.region == there.region):
            yield "service", f"{self.service} sends nothing over a link: it is in no other region than {self.to}"

    def remember(self, lab: Lab) -> None:
        """Measure; raises StepFailedError when nothing comes through."""
        seen = self._measured(lab)
        says = f"{self.service} sent {bandwidth_source(seen['bit_s'])} to {self.to}"
        lab.remember(self.memory, self.service, seen, says)

    def look(self, lab: Lab) -> list[Finding]:
        """Compare; violated if more came through than the link should take."""
        seen: dict[str, int] = lab.remembered(self.memory, self.service)
        stated = self.at_most or lab.loaded.drill.lab.regions[str(lab.service(self.service).region)].bandwidth
        says = f"{self.service} sent {bandwidth_source(seen['bit_s'])} to {self.to} over a link of"
        return [
            Finding(
                name=self.kind,
                state=State.HELD if seen["bit_s"] <= stated * MORE else State.VIOLATED,
                says=f"{says} {bandwidth_source(stated)}",
                seen={**seen, "stated_bit_s": stated},
            )
        ]

    def _measured(self, lab: Lab) -> dict[str, int]:
        port = int(_run(lab, self.to, RECEIVE, {}))
        told = json.loads(_run(lab, self.service, SEND, {"to": self.to, "port": port, "seconds": self.seconds}))
        if not told["bytes"]:
            raise StepFailedError(f"{self.service}: nothing that it sent came to {self.to}")
        return {"bytes": told["bytes"], "bit_s": round(told["bytes"] * 8 / told["seconds"] / 1000) * 1000}


def _run(lab: Lab, service: str, script: str, asked: dict[str, Any]) -> str:
    done = lab.execute(service, ["python3", "-c", script], stdin=json.dumps(asked).encode(), timeout_s=60.0)
    if done.exit_code != 0:
        raise StepFailedError(f"{service}: cannot measure the link: {done.output.strip()[-300:]}")
    return done.output
