"""Bars a lab from the engine's machine: an internal network has no way out, yet its gateway is this machine."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess

WAIT_S = "5"
"""How long iptables waits for whoever else changes rules just now."""
TRIES = 3
"""A signal for the engine's process group may still hit iptables before it has left that group."""


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
        rule = shlex.split(
            f"-i {bridge_name(network)} -m conntrack ! --ctstate RELATED,ESTABLISHED -m comment --comment"
        )
        rule += [_comment(run), "-j", "DROP"]
        return _iptables("-C", "INPUT", *rule) is not None or _iptables("-I", "INPUT", *rule) is not None

    def remove(self, run: str) -> None:
        """Remove the run's rules, and no others; idempotent."""
        if not possible():
            return
        for line in (_iptables("-S", "INPUT") or "").splitlines():
            append, *rule = shlex.split(line)
            if append == "-A" and _comment(run) in rule:
                _iptables("-D", *rule)


def _comment(run: str) -> str:
    return f"drillmaster:{run}"


def possible() -> bool:
    """Return whether this process may bar a bridge: it is root and finds iptables."""
    return os.geteuid() == 0 and shutil.which("iptables") is not None


def _iptables(*arguments: str) -> str | None:
    """Return what iptables printed, or None when it refused."""
    command = ["iptables", "-w", WAIT_S, *arguments]
    for _ in range(TRIES):
        # A session of its own: Ctrl-C at the terminal is for the engine, which is still to remove its rules.
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            command, capture_output=True, text=True, check=False, start_new_session=True
        )
        if done.returncode >= 0:
            break
    return done.stdout if done.returncode == 0 else None
