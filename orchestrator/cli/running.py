"""The command that runs drills: what is watched meanwhile, and what is told in the end."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.common import AsJson, DrillName, Evidence, Sets, app, errors, say, signer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.app import RunOptions, RunResult
    from orchestrator.proving import ProofResult
    from orchestrator.repeats import SeriesResult
    from orchestrator.several import Stop
    from reports.facts.events import Entry


class Until(StrEnum):
    """The phases a run can be stopped after."""

    PROVISION = "provision"
    PREPARE = "prepare"
    PROTECT = "protect"
    STEADY = "steady"
    DISASTER = "disaster"
    DETECT = "detect"
    RECOVER = "recover"
    SETTLE = "settle"
    CHECK = "check"


NOT_SEALED = "not sealed: there is no signing key\nhint: drillmaster keys init"

Repeat = Annotated[
    int | None,
    typer.Option("--repeat", metavar="N", min=2, help="Run it N times and summarise them: p50, p95, spread, worst."),
]


Sabotage = Annotated[
    str,
    typer.Option("--sabotage", metavar="KIND", help="Put this fault in: a negative control, which must be caught."),
]


@app.command(
    epilog="Examples: drillmaster run postgres-volume-loss · drillmaster run my.yaml --set objectives.rto=30s · "
    "drillmaster run postgres-volume-loss --sabotage missing-wal"
)
def run(
    context: typer.Context,
    drill: DrillName,
    sets: Sets = None,
    evidence: Evidence = None,
    repeat: Repeat = None,
    sabotage: Sabotage = "",
    keep_lab: Annotated[bool, typer.Option("--keep-lab", help="Leave the lab standing; `sweep` removes it.")] = False,
    until: Annotated[Until | None, typer.Option("--until", help="Stop after this phase; the run is ABORTED.")] = None,
    assume_manual: Annotated[
        bool, typer.Option("--assume-manual", help="Take manual steps as done; marks the run ALTERED.")
    ] = False,
    raw_exit: Annotated[
        bool, typer.Option("--raw-exit", help="For a negative control: exit with the drill's own code.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a drill and write its evidence."""
    from orchestrator import app as use_cases
    from orchestrator.repeats import run_series
    from orchestrator.terminal import AssumedPerson, PersonAtTerminal
    from reports.facts.events import Phase

    if repeat and (keep_lab or until):
        raise typer.BadParameter("a series is of whole runs, each in a new lab", param_hint="--repeat")
    with errors():
        run_options = use_cases.RunOptions(
            evidence=use_cases.evidence_directory(evidence),
            person=AssumedPerson() if assume_manual else PersonAtTerminal(),
            altered=("--assume-manual",) if assume_manual else (),
            keep_lab=keep_lab,
            until=Phase(until) if until else None,
            sabotage=sabotage,
            signer=signer(),
        )
        if repeat:
            with _watched(run_options, log=context.obj, quiet=as_json) as watched:
                series = run_series(drill, sets or [], watched, repeat)
            _tell_series(series, sealed=run_options.signer is not None, as_json=as_json)
            raise typer.Exit(series.exit_code(raw=raw_exit))
        with _watched(run_options, log=context.obj, quiet=as_json) as watched:
            result = use_cases.run_drill(drill, sets or [], watched)
        _tell(result, sealed=run_options.signer is not None, as_json=as_json)
        raise typer.Exit(use_cases.exit_code(result.record, raw=raw_exit))


@app.command(epilog="Examples: drillmaster prove postgres-volume-loss · drillmaster prove my.yaml --only missing-wal")
def prove(
    context: typer.Context,
    drill: DrillName,
    sets: Sets = None,
    evidence: Evidence = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="KIND", help="Put in this fault, and others named so; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a drill, then with every fault that suits it, and tell which were caught by what.

    The faults are those of the drill's negative controls, in `sabotaged/` beside it, and what every kind of sabotage
    can do to it beside them. The exit code is 0 only if the drill passes and everything else is caught.
    """
    from orchestrator import app as use_cases
    from orchestrator.proving import Asked
    from orchestrator.proving import prove as prove_drill
    from orchestrator.terminal import PersonAtTerminal

    with errors():
        run_options = use_cases.RunOptions(
            evidence=use_cases.evidence_directory(evidence), person=PersonAtTerminal(), signer=signer()
        )
        with _watched(run_options, log=context.obj, quiet=as_json) as watched:
            tell = (lambda _: None) if as_json else say
            result = prove_drill(Asked(drill, sets or (), only or ()), watched, tell)
        _tell_proof(result, sealed=run_options.signer is not None, as_json=as_json)
        raise typer.Exit(result.exit_code)


@contextmanager
def _watched(run_options: RunOptions, *, log: Callable[[Entry], None] | None, quiet: bool) -> Iterator[RunOptions]:
    """Yield the options with what lets a person watch, and stop, the runs made with them."""
    from orchestrator.adapters.signals import StopRequests
    from orchestrator.terminal import LiveView, Undisturbed, each_of, quiet_lines

    requests = StopRequests()
    requests.install()
    run_options = replace(run_options, heeded=requests.heeded)
    if quiet:
        yield replace(run_options, observe=each_of(log))
    elif not sys.stdout.isatty():
        yield replace(run_options, observe=each_of(log, quiet_lines(typer.echo)))
    else:
        from rich.console import Console
        from rich.live import Live

        console = Console()
        view = LiveView(console)
        with Live(view, console=console, refresh_per_second=8, transient=True) as live:
            person = Undisturbed(run_options.person, live)
            yield replace(run_options, observe=each_of(log, view.on_entry), watch_lab=view.on_lab, person=person)


def _tell(result: RunResult, *, sealed: bool, as_json: bool) -> None:
    from orchestrator.app import REPORT, render

    if as_json:
        say(render(result.record, "json").rstrip())
    else:
        told = f"\n{render(result.record, 'text').rstrip()}\n\nreport: {result.folder / REPORT}"
        say(told if sealed else f"{told}\n{NOT_SEALED}")


def _tell_series(result: SeriesResult, *, sealed: bool, as_json: bool) -> None:
    from orchestrator.repeats import PAGE, render

    told = render(result.series, "json" if as_json else "text")
    _tell_several(told, f"series: {result.folder / PAGE}", result.stopped, sealed=sealed, as_json=as_json)


def _tell_proof(result: ProofResult, *, sealed: bool, as_json: bool) -> None:
    from orchestrator.proving import PAGE, render

    told = render(result.proof, "json" if as_json else "text")
    _tell_several(told, f"proof: {result.folder / PAGE}", result.stopped, sealed=sealed, as_json=as_json)


def _tell_several(told: str, page: str, stopped: Stop, *, sealed: bool, as_json: bool) -> None:
    """Tell what several runs show, also when they were cut short; what cut them short is raised then."""
    if as_json:
        say(told.rstrip())
    else:
        say(f"\n{told.rstrip()}\n\n{page}" + ("" if sealed else f"\n{NOT_SEALED}"))
    if stopped:
        raise stopped
