"""What the services themselves say: their containers' logs, kept as artifacts and read for the moments they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.core import artifacts
from orchestrator.core.instants import instant_of

if TYPE_CHECKING:
    from orchestrator.core.lab_services import LabServices
    from reports.facts.events import Instant

LAST_LINES = 3


def keep(lab: LabServices, service: str) -> None:
    """Append the log of the service's present container to its artifact, cleaned; nothing where there is none."""
    if lab.ports.docker.state(lab.container(service)) is None:
        return
    path = lab.folder / "logs" / f"{service}.log"
    log = lab.redact(lab.ports.docker.logs(lab.container(service)))
    with artifacts.writing(path):
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as file:
            file.write(log)


def marks(lab: LabServices, service: str) -> list[tuple[str, Instant]]:
    """Return the moments that the log of the service's present container tells, on the observer's clock."""
    if lab.ports.docker.state(lab.container(service)) is None:
        return []
    log = lab.ports.docker.logs(lab.container(service)).decode(errors="replace")
    return [(mark, instant_of(lab.clock, utc)) for mark, utc in lab.software(service).server_marks(log)]


def ending(lab: LabServices, service: str) -> str:
    """Return how the service's container ended: its exit code and its last words."""
    state = lab.ports.docker.state(lab.container(service))
    if state is None:
        return "and it is gone"
    log = lab.ports.docker.logs(lab.container(service)).decode(errors="replace")
    lines = [words.strip() for _, _, words in (line.partition(" ") for line in log.splitlines()) if words.strip()]
    words = " | ".join(lines[-LAST_LINES:]) or "it printed nothing"
    return f"with exit code {state.exit_code}: {words}"
