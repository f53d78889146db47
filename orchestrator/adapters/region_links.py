"""Regions on the engine's machine: a bridge each, joined to the lab's own by a link of stated bandwidth.

Docker's bridge of the lab stays in the middle: the observer's address is there. A container's end is moved from it to
its region's bridge, so all names and addresses stay Docker's; what a region sends elsewhere passes its link, a pair of
virtual interfaces with a queue (tbf) that lets no more through than stated.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.adapters import host_network
from orchestrator.adapters.bridge_guard import bridge_name
from orchestrator.adapters.machine import Condition
from orchestrator.core.errors import CannotRunError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from orchestrator.core.declared_lab import Region

CHAIN = "FORWARD"
TOOLS = ("ip", "tc", "nsenter", "unshare", "iptables")
BURST_S, LEAST_BURST = 0.01, 16 * 1024
"""What may pass at once: as much as the link takes in so many seconds, and so many bytes at least."""
QUEUE_S = 0.05
"""How long something waits for the link before it is dropped."""


@dataclass(frozen=True)
class _Names:
    """What the parts of a region are called; at most 15 characters each."""

    bridge: str
    inner: str
    """The link's end in the region."""
    outer: str

    @classmethod
    def of(cls, network: str, region: str) -> Self:
        bridge = bridge_name(f"{network}.{region}")
        own = bridge.removeprefix("dm-")
        return cls(bridge, f"di-{own}", f"do-{own}")


class RegionLinks:
    """Bridges and links, each with the alias `drillmaster:<run>`; needs root."""

    def join(self, network: str, run: str, name: str, region: Region, observer: str) -> None:
        """Make a region of a network that exists: what it sends elsewhere takes its link.

        But not what it sends to `observer`, an address on the network: to whom nothing is slower than before.
        """
        names, mark = _Names.of(network, name), host_network.mark(run)
        try:
            # Where the kernel shows bridged traffic to iptables, Docker's own rules would drop what they do not know.
            host_network.put_rule(CHAIN, run, f"-i {names.bridge} -o {names.bridge}", "ACCEPT")
            _batch(
                "ip",
                f"link add name {names.bridge} type bridge",
                f"link set dev {names.bridge} alias {mark}",
                f"link add name {names.inner} type veth peer name {names.outer}",
                f"link set dev {names.inner} alias {mark}",
                f"link set dev {names.inner} master {names.bridge} up",
                f"link set dev {names.outer} master {bridge_name(network)} up",
                f"link set dev {names.bridge} up",
            )
            _batch("tc", *_queue(names.inner, region, observer))
        except CannotRunError as error:
            hint = condition([region]).hint
            raise CannotRunError(f"region {name} cannot be made: {error.message}", hint=hint) from error

    def move(self, network: str, name: str, process: int, address: str) -> None:
        """Move the container with this first process and address into a region; nothing happens if it has ended."""
        try:
            told = host_network.do("nsenter", f"--net=/proc/{process}/ns/net", "ip", "-json", "-4", "address")
            [end] = [one["link_index"] for one in json.loads(told) for at in one["addr_info"] if at["local"] == address]
            host_network.do("ip", "link", "set", "dev", f"if{end}", "master", _Names.of(network, name).bridge)
        except CannotRunError:
            if Path(f"/proc/{process}").exists():
                raise

    def cut(self, network: str, name: str) -> None:
        """Cut a region's link: nothing gets in or out any more, and nobody is told."""
        host_network.do("ip", "link", "set", "dev", _Names.of(network, name).inner, "down")

    def is_cut(self, network: str, name: str) -> bool:
        """Return whether a region's link is cut."""
        [end] = json.loads(host_network.do("ip", "-json", "link", "show", "dev", _Names.of(network, name).inner))
        return "UP" not in end["flags"]

    def remove(self, run: str) -> None:
        """Remove the run's regions; idempotent, and raises nothing."""
        if not host_network.possible(*TOOLS):
            return
        with suppress(CannotRunError):
            for link in json.loads(host_network.do("ip", "-json", "link", "show")):
                if link.get("ifalias") == host_network.mark(run):
                    host_network.do("ip", "link", "del", "dev", link["ifname"])
            host_network.remove_rules(CHAIN, run)


def condition(regions: Iterable[Region]) -> Condition:
    """Return whether such regions can be made here: tried on a network of nobody's."""
    name, slow = "regions", any(region.latency for region in regions)
    if not host_network.possible(*TOOLS):
        says = f"regions need root and {', '.join(TOOLS)} on this machine"
        return Condition(name, ok=False, says=says, hint="run as root, with iproute2, util-linux and iptables")
    tried = {"tbf": "tbf rate 1mbit burst 16kb latency 50ms", **({"netem": "netem delay 1ms"} if slow else {})}
    for queue, arguments in tried.items():
        try:
            host_network.do("unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root", *arguments.split())
        except CannotRunError as error:
            what = "adds no latency" if queue == "netem" else "limits no bandwidth"
            hint = f"load its module, `modprobe sch_{queue}`" + (", or state no latency" if queue == "netem" else "")
            return Condition(name, ok=False, says=f"the kernel {what}: {error.message}", hint=hint)
    return Condition(name, ok=True, says="regions can be made (root, and a kernel that limits bandwidth)")


def _queue(interface: str, region: Region, observer: str) -> tuple[str, ...]:
    """Return tc's commands: all that leaves goes through one class but what is for the observer, which goes past it."""
    burst = max(LEAST_BURST, int(region.bandwidth / 8 * BURST_S))
    limited = f"rate {region.bandwidth}bit burst {burst}b latency {QUEUE_S * 1000:g}ms"
    later = f"qdisc add dev {interface} parent 10:1 netem delay {(region.latency or 0) * 1000:g}ms limit 100000"
    return (
        f"qdisc add dev {interface} root handle 1: htb default 1",
        f"class add dev {interface} parent 1: classid 1:1 htb rate 100gbit quantum 60000",
        f"qdisc add dev {interface} parent 1:1 handle 10: tbf {limited}",
        f"filter add dev {interface} parent 1: protocol ip prio 1 u32 match ip dst {observer}/32 flowid 1:0",
        *([later] if region.latency else ()),
    )


def _batch(tool: str, *commands: str) -> None:
    host_network.do(tool, "-batch", "-", told="\n".join(commands) + "\n")
