"""A PostgreSQL server's processes inside its container: the one that lets clients in, and the clients' sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core.errors import StepFailedError

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

# A session's title names its client's address and port: postgres: user database 172.18.0.1(40312) idle
SESSIONS = r"""
server=$(head -n 1 "$PGDATA/postmaster.pid") || exit
for process in $(cat /proc/$server/task/*/children); do
    case "$(tr '\0' ' ' < /proc/$process/cmdline)" in
        'postgres: walsender '*) ;;
        'postgres: '*\(*\)*) echo $process ;;
    esac
done
"""
STATE = r"""sed 's/.*) \(.\).*/\1/' "/proc/$(head -n 1 "$PGDATA/postmaster.pid")/stat" """
SIGNAL = r"""kill -"$0" $(head -n 1 "$PGDATA/postmaster.pid")"""


def sessions(lab: Lab, service: str) -> list[str]:
    """Return the process ids of the sessions of clients on the network; raises StepFailedError without a server."""
    # Beside them stand the complaints of programs that looked at a process which has ended meanwhile.
    return [line for line in _ask(lab, service, SESSIONS).splitlines() if line.isdecimal()]


def end(lab: Lab, service: str, processes: list[str]) -> None:
    """Ask sessions to end, as a client's pool or an administrator would; raises StepFailedError."""
    _ask(lab, service, 'kill -TERM "$@"', "end", *processes)


def freeze(lab: Lab, service: str) -> None:
    """Stop the process that lets clients in where it is; sessions go on. Raises StepFailedError without a server."""
    _ask(lab, service, SIGNAL, "STOP")


def is_frozen(lab: Lab, service: str) -> bool:
    """Return whether the process that lets clients in is stopped; raises StepFailedError where there is none."""
    return _ask(lab, service, STATE).strip() == "T"


def _ask(lab: Lab, service: str, script: str, *arguments: str) -> str:
    done = lab.execute(service, ["sh", "-c", script, *arguments])
    if done.exit_code != 0:
        raise StepFailedError(f"{service}: cannot look at the server's processes: {done.output.strip()}")
    return done.output
