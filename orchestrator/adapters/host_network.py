"""The engine's machine's own network: its commands, and what of it was made for a run, which carries the run's name."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess

from orchestrator.core.errors import CannotRunError

WAIT_S = "5"
"""How long iptables waits for whoever else changes rules just now."""
TRIES = 3
"""A signal for the engine's process group may still hit a command before it has left that group."""


def mark(run: str) -> str:
    """Return what everything made for a run is marked with."""
    return f"drillmaster:{run}"


def possible(*tools: str) -> bool:
    """Return whether this process may change the machine's network: it is root and finds the tools."""
    return os.geteuid() == 0 and all(map(shutil.which, tools))


def do(*command: str, told: str = "") -> str:
    """Run a command with `told` as its standard input and return what it printed; raises CannotRunError."""
    for _ in range(TRIES):
        # A session of its own: Ctrl-C at the terminal is for the engine, which is still to undo what it made.
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            command, input=told, capture_output=True, text=True, check=False, start_new_session=True
        )
        if done.returncode >= 0:
            break
    if done.returncode != 0:
        raise CannotRunError(f"{shlex.join(command)}: {done.stderr.strip()}")
    return done.stdout


def put_rule(chain: str, run: str, matches: str, verdict: str) -> None:
    """Put a rule of the run at the head of one of iptables' chains, unless it is there; raises CannotRunError."""
    rule = [chain, *shlex.split(matches), "-m", "comment", "--comment", mark(run), "-j", verdict]
    try:
        _iptables("-C", *rule)
    except CannotRunError:
        _iptables("-I", *rule)


def remove_rules(chain: str, run: str) -> None:
    """Remove the run's rules from a chain, and no others; raises CannotRunError."""
    for line in _iptables("-S", chain).splitlines():
        append, *rule = shlex.split(line)
        if append == "-A" and mark(run) in rule:
            _iptables("-D", *rule)


def _iptables(*arguments: str) -> str:
    return do("iptables", "-w", WAIT_S, *arguments)
