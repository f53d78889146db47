"""The check `no-egress`."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from orchestrator.core.errors import StepFailedError
from orchestrator.core.kind import Check, Need
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

# Addresses and a name that are reserved for documentation: nobody is ever contacted.
OUTSIDE = ("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1")
NAME = "example.com"
PATIENCE_S = 1

# Run by the container's python3. Prints how every attempt to connect ended, and what else it saw.
PROBE = """
import concurrent.futures, errno, json, os, socket, struct, sys
os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"
asked = json.load(sys.stdin)

def connect(address, port):
    try:
        socket.create_connection((address, port), asked["patience"]).close()
        return "answered"
    except TimeoutError:
        return "timed out"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))

def resolve(name):
    try:
        socket.getaddrinfo(name + ".", None)  # in no search domain, which would be asked for and waited for, too
        return "resolved"
    except OSError:
        return "not resolved"

def gateways():
    for line in open("/proc/net/route").readlines()[1:]:
        destination, gateway = line.split()[1:3]
        if int(destination, 16) == 0:
            yield socket.inet_ntoa(struct.pack("<L", int(gateway, 16)))

with concurrent.futures.ThreadPoolExecutor(32) as pool:
    outside = {address: pool.submit(connect, address, 9) for address in asked["outside"]}
    engine = {address: pool.submit(connect, address, asked["port"]) for address in asked["engine"]}
    print(json.dumps({
        "gateways": list(gateways()),
        "outside": {address: attempt.result() for address, attempt in outside.items()},
        "name": resolve(asked["name"]),
        "engine": {address: attempt.result() for address, attempt in engine.items()},
    }))
"""
# No route at all, or no address of that family to start from: the packet never left the container.
NEVER_LEFT = {"ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"}
# Older engines give an internal network a default route and drop what comes along it.
DROPPED = "timed out"


class NoEgress(Check):
    """Look for a way out of the lab from inside a service: to the internet, through DNS, to the engine's own machine.

    A recovered copy of production that can reach the outside may send mail, charge cards or archive over the original.
    Tries addresses reserved for documentation only. Proves nothing about the moments before and after the look.
    """

    main: ClassVar[str] = "service"
    example: ClassVar[str] = "no-egress: db"
    proves: ClassVar[str] = "The recovered service could reach neither the internet nor name servers."
    not_proven: ClassVar[tuple[str, ...]] = (
        "A way out that was open only before or after the look, or for UDP alone.",
    )

    service: str = Field(description="The service to look out from.")
    strict: bool = Field(default=False, description="Whether an answer of the engine's own machine is a violation.")

    def needs(self) -> tuple[Need, ...]:
        """Return python3: the probe is written in it."""
        return (Need(self.service, "python3"),)

    def look(self, lab: Lab) -> list[Finding]:
        """Probe; unknown if the probe could not run."""
        # Every interface: which of them the container might reach is what is asked.
        with socket.create_server(("", 0)) as listener:
            asked = {
                "outside": OUTSIDE,
                "name": NAME,
                "engine": _engine_addresses(lab),
                "port": listener.getsockname()[1],
                "patience": PATIENCE_S,
            }
            try:
                done = lab.execute(
                    self.service, ["python3", "-c", PROBE], stdin=json.dumps(asked).encode(), timeout_s=30
                )
            except StepFailedError as error:
                return [Finding(name=self.kind, state=State.UNKNOWN, says=error.message)]
        if done.exit_code != 0:
            says = f"{self.service}: the probe ended with exit code {done.exit_code}: {done.output.strip()[-200:]}"
            return [Finding(name=self.kind, state=State.UNKNOWN, says=says)]
        docker = lab.ports.docker
        dropping = docker.network_gateway(lab.network) if docker.is_internal(lab.network) else None
        return [self._judged(json.loads(done.output), dropping)]

    def _judged(self, seen: dict[str, Any], dropping: str | None) -> Finding:
        """Judge what was seen; `dropping` is the gateway of a network that the engine keeps internal."""
        ways = [f"a default route over {gateway}" for gateway in seen["gateways"] if gateway != dropping]
        harmless = NEVER_LEFT if ways else {*NEVER_LEFT, DROPPED}
        ways += [f"{address}: {how}" for address, how in seen["outside"].items() if how not in harmless]
        if seen["name"] == "resolved":
            ways.append(f"{NAME} resolves")
        engine = [address for address, how in seen["engine"].items() if how == "answered"]
        beside = f"the engine's own machine answers on {', '.join(engine)}" if engine else ""
        if ways or (beside and self.strict):
            says = "; ".join(filter(None, [*ways, beside]))
            return Finding(
                name=self.kind, state=State.VIOLATED, says=f"{self.service} has a way out: {says}", seen=seen
            )
        says = f"{self.service} has no way out" + (f"; {beside}" if beside else "")
        return Finding(name=self.kind, state=State.HELD, says=says, seen=seen)


def _engine_addresses(lab: Lab) -> list[str]:
    """Return the engine's machine's addresses: on the lab's network, and where it meets the outside."""
    found = [lab.ports.docker.network_gateway(lab.network)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
        # Connecting a datagram socket sends nothing: it only chooses the way out.
        if unsent.connect_ex((OUTSIDE[0], 9)) == 0:
            found.append(unsent.getsockname()[0])
    return sorted(set(filter(None, found)))
