"""What a person at the terminal sees and says while a run goes on. Belongs to the command line: it alone prints."""

from __future__ import annotations

import errno
import os
import select
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.core.errors import DrillmasterError
from reports.facts.events import (
    CheckFinished,
    DisasterDone,
    MarkReached,
    Outcome,
    PhaseFinished,
    PhaseStarted,
    RunPlanned,
    SabotageDone,
    State,
    StepFinished,
)
from reports.words import duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console, RenderableType
    from rich.live import Live

    from orchestrator.core.lab import Lab
    from orchestrator.core.ports import Person
    from reports.facts.events import AnyFact, Entry


class PersonAtTerminal:
    """Asks on standard error and waits for a line on standard input; nobody there means no."""

    @property
    def present(self) -> bool:
        """Return whether standard input is a terminal."""
        return sys.stdin.isatty()

    def confirm(self, request: str, timeout_s: float) -> bool:
        """Return whether `done` (or `yes`) was typed in time."""
        if not self.present:
            return False
        sys.stderr.write(f"\nBy hand: {request}\nType `done` when it is done: ")
        sys.stderr.flush()
        ready, _, _ = select.select([sys.stdin], [], [], timeout_s)
        return bool(ready) and sys.stdin.readline().strip().lower() in {"done", "yes", "y"}


class AssumedPerson:
    """Confirms at once; a run with it is marked ALTERED."""

    present = True

    def confirm(self, request: str, timeout_s: float) -> bool:  # noqa: ARG002 - the port's signature
        """Return True."""
        return True


@dataclass(frozen=True)
class Undisturbed:
    """A person who is asked while the live view rests: it would draw over what is typed."""

    person: Person
    live: Live

    @property
    def present(self) -> bool:
        """Return whether the person is there."""
        return self.person.present

    def confirm(self, request: str, timeout_s: float) -> bool:
        """Ask, and let the view go on."""
        self.live.stop()
        try:
            return self.person.confirm(request, timeout_s)
        finally:
            self.live.start()


def ask_passphrase(*, twice: bool) -> str | None:
    """Return the passphrase of the signing key as typed, None when nobody can be asked or nothing is typed."""
    import getpass

    if not sys.stdin.isatty():
        return None
    typed = getpass.getpass("Passphrase of the signing key: ")
    if twice and getpass.getpass("Once more: ") != typed:
        return None
    return typed or None


def line_of(fact: AnyFact) -> tuple[str, str] | None:  # noqa: PLR0911 - one a fact
    """Return (style, line) for a fact worth telling, or None."""
    match fact:
        case RunPlanned():
            return "bold", f"{fact.drill}: {fact.title}{f'. {fact.tabletop}' if fact.tabletop else ''}"
        case PhaseFinished(outcome=Outcome.OK):
            return None
        case PhaseFinished():
            return "red", f"{fact.phase}: {fact.outcome}: {fact.says}"
        case StepFinished():
            took = duration((fact.finished.monotonic_ns - fact.started.monotonic_ns) / 1e9)
            style, mark = ("", "✓") if fact.outcome is Outcome.OK else ("red", "✗")
            return style, f"{mark} {fact.phase}: {fact.title} ({took})"
        case DisasterDone():
            style = "yellow" if fact.confirmation.state is State.HELD else "red"
            return style, f"⚡ {fact.kind}: {fact.says}; {fact.confirmation.says}"
        case SabotageDone():
            return "magenta", f"☠ {fact.kind}: {fact.finding.says}"
        case MarkReached(mark="detected"):
            return "", f"detected: {fact.says}"
        case CheckFinished():
            bad = [finding for finding in fact.findings if finding.state is not State.HELD]
            style, mark = ("", "✓") if not bad else ("red", "✗")
            return style, f"{mark} check: {fact.title}" + "".join(f": {finding.says}" for finding in bad)
    return None


@dataclass
class LiveView:
    """Live on a terminal: lines as they come, and below them the phase, the ledger's rate and gaps."""

    console: Console
    phase: str = "plan"
    lab: Lab | None = field(default=None)

    def on_entry(self, entry: Entry) -> None:
        """Show what the journal tells."""
        if isinstance(entry.fact, PhaseStarted):
            self.phase = entry.fact.phase
        if line := line_of(entry.fact):
            style, text = line
            self.console.print(text, style=style or None, highlight=False, markup=False)

    def on_lab(self, lab: Lab) -> None:
        """Learn where the ledger is."""
        self.lab = lab

    def __rich__(self) -> RenderableType:
        from rich.spinner import Spinner

        return Spinner("dots", text=f"{self.phase}{self._ledger()}")

    def _ledger(self) -> str:
        if self.lab is None:
            return ""
        try:
            # A ledger may start while this is drawn.
            statuses = {service: ledger.status() for service, ledger in [*self.lab.ledgers.items()]}
        except DrillmasterError:
            return ""
        return "".join(
            f"   ledger{f' of {service}' if len(statuses) > 1 else ''} {status.rate_per_s:.0f}/s, "
            f"{status.acknowledged} acknowledged, {status.failed} failed, gap p99 {status.gap_p99_s * 1000:.0f} ms"
            for service, status in statuses.items()
        )


def each_of(*observers: Callable[[Entry], None] | None) -> Callable[[Entry], None]:
    """Return an observer that tells each of these, those that are there."""

    def observe(entry: Entry) -> None:
        for observer in filter(None, observers):
            with while_somebody_reads():
                observer(entry)

    return observe


@contextmanager
def while_somebody_reads() -> Iterator[None]:
    """Print inside; a reader who left, as `head` does, or a terminal that hung up ends no run and no command."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EIO):
            raise
        _silence_what_nobody_reads()


def _silence_what_nobody_reads() -> None:
    """Let what is printed, and what is still buffered, go nowhere: else it would fail again when the process ends."""
    for stream in (sys.stdout, sys.stderr):
        poll = select.poll()
        poll.register(stream, select.POLLOUT)
        if any(seen & (select.POLLERR | select.POLLHUP) for _, seen in poll.poll(0)):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def log_to_standard_error(*, as_json: bool) -> Callable[[Entry], None]:
    """Return an observer that logs each fact as an event with its values, as JSON lines or for a console."""
    import structlog

    on_console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    renderer = structlog.processors.JSONRenderer() if as_json else on_console
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), renderer],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    log = structlog.get_logger()

    def observe(entry: Entry) -> None:
        log.info(entry.fact.event, **entry.fact.model_dump(mode="json", exclude={"event", "effective_drill"}))

    return observe


def quiet_lines(write: Callable[[str], None]) -> Callable[[Entry], None]:
    """Return an observer that writes one plain line for each thing worth telling."""

    def observe(entry: Entry) -> None:
        if isinstance(entry.fact, PhaseStarted):
            write(f"{entry.at.utc[11:23]} {entry.fact.phase}")
        elif line := line_of(entry.fact):
            write(f"{entry.at.utc[11:23]}   {line[1]}")

    return observe
