"""Bars a lab from the engine's machine: an internal network has no way out, yet its gateway is this machine."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from orchestrator.adapters import host_network
from orchestrator.core.errors import CannotRunError

CHAIN = "INPUT"


def bridge_name(network: str) -> str:
    """Return the name that our networks' bridges get: at most 15 characters, known before the network is made."""
    return f"dm-{hashlib.sha256(network.encode()).hexdigest()[:10]}"


class BridgeGuard:
    """Rules in this machine's INPUT chain, each with the comment `drillmaster:<run>`; needs root and iptables."""

    def install(self, network: str, run: str) -> bool:
        """Drop what the network's containers begin with this machine; answers to this machine's own connections pass.

        Idempotent. False when root or iptables is missing, or iptables refuses.
        """
        if not possible():
            return False
        begun = f"-i {bridge_name(network)} -m conntrack ! --ctstate RELATED,ESTABLISHED"
        try:
            host_network.put_rule(CHAIN, run, begun, "DROP")
        except CannotRunError:
            return False
        return True

    def remove(self, run: str) -> None:
        """Remove the run's rules, and no others; idempotent."""
        if possible():
            with suppress(CannotRunError):
                host_network.remove_rules(CHAIN, run)


def possible() -> bool:
    """Return whether this process may bar a bridge: it is root and finds iptables."""
    return host_network.possible("iptables")
