"""The command line: thin, and with `terminal` the only module that prints or exits.

Heavy imports wait for the command that needs them: start-up counts.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from orchestrator.app import RunOptions, RunResult
    from orchestrator.core.errors import DrillmasterError
    from reports.facts.events import Entry

BAD_USAGE, ABORTED, OUR_BUG = 2, 4, 70
SIGNAL_BASE = 128

app = typer.Typer(
    name="drillmaster",
    help="Prove that a system can be recovered: run a drill, measure RTO and RPO, write evidence.",
    epilog="Exit codes: 0 PASS · 1 FAIL · 2 bad drill or usage · 3 INCONCLUSIVE · 4 ABORTED · 70 our own bug · "
    "130/143 on a signal.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Form(StrEnum):
    """What a report can be printed as."""

    HTML = "html"
    JSON = "json"
    JUNIT = "junit"
    TEXT = "text"


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


DrillName = Annotated[str, typer.Argument(help="Path of a drill file, or the name of a shipped drill.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Override a setting, such as objectives.rto=30s; repeatable."),
]
Evidence = Annotated[
    Path | None,
    typer.Option("--evidence", metavar="DIR", help="Where runs are kept; default DRILLMASTER_EVIDENCE or ./evidence."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
RunName = Annotated[str, typer.Argument(help="A run's folder, its id, the beginning of its id, or `latest`.")]


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log what happens as JSON on standard error.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens on standard error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Set up what all commands share."""
    if version:
        from orchestrator import __version__

        typer.echo(f"drillmaster {__version__}")
        raise typer.Exit
    if log_json or verbose:
        from orchestrator.terminal import log_to_standard_error

        context.obj = log_to_standard_error(as_json=log_json)


@app.command(epilog="Examples: drillmaster run postgres-volume-loss · drillmaster run my.yaml --set objectives.rto=30s")
def run(
    context: typer.Context,
    drill: DrillName,
    sets: Sets = None,
    evidence: Evidence = None,
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
    from orchestrator.terminal import AssumedPerson, PersonAtTerminal
    from reports.facts.events import Phase

    run_options = use_cases.RunOptions(
        evidence=use_cases.evidence_directory(evidence),
        person=AssumedPerson() if assume_manual else PersonAtTerminal(),
        altered=("--assume-manual",) if assume_manual else (),
        keep_lab=keep_lab,
        until=Phase(until) if until else None,
    )
    with _errors():
        result = _watched(drill, sets or [], run_options, log=context.obj, quiet=as_json)
        _tell(result, as_json=as_json)
        raise typer.Exit(use_cases.exit_code(result.record, raw=raw_exit))


def _watched(
    drill: str, sets: list[str], run_options: RunOptions, *, log: Callable[[Entry], None] | None, quiet: bool
) -> RunResult:
    from dataclasses import replace

    from orchestrator.adapters.signals import StopRequests
    from orchestrator.app import run_drill
    from orchestrator.terminal import LiveView, each_of, quiet_lines

    requests = StopRequests()
    requests.install()
    run_options = replace(run_options, heeded=requests.heeded)
    if quiet:
        return run_drill(drill, sets, replace(run_options, observe=each_of(log)))
    if not sys.stdout.isatty():
        return run_drill(drill, sets, replace(run_options, observe=each_of(log, quiet_lines(typer.echo))))
    from rich.console import Console
    from rich.live import Live

    console = Console()
    view = LiveView(console)
    with Live(view, console=console, refresh_per_second=8, transient=True):
        return run_drill(drill, sets, replace(run_options, observe=each_of(log, view.on_entry), watch_lab=view.on_lab))


def _tell(result: RunResult, *, as_json: bool) -> None:
    from orchestrator.app import REPORT, render

    if as_json:
        _say(render(result.record, "json").rstrip())
    else:
        _say(f"\n{render(result.record, 'text').rstrip()}\n\nreport: {result.folder / REPORT}")


def _say(text: str) -> None:
    from orchestrator.terminal import while_somebody_reads

    with while_somebody_reads():
        typer.echo(text)


@app.command(epilog="Example: drillmaster validate drills/*.yaml")
def validate(
    drills: Annotated[list[str], typer.Argument(help="Paths of drill files, or names of shipped drills.")],
    sets: Sets = None,
) -> None:
    """Check drill files without Docker; every mistake is listed with its line."""
    from orchestrator.core import loader
    from orchestrator.core.errors import BadDrillError

    wrong = False
    for name in drills:
        try:
            loaded = loader.load(loader.find(name), sets or [])
        except BadDrillError as error:
            _complain(error)
            wrong = True
        else:
            typer.echo(f"{loaded.file}: sound")
    raise typer.Exit(BAD_USAGE if wrong else 0)


@app.command(epilog="Example: drillmaster plan postgres-volume-loss")
def plan(drill: DrillName, sets: Sets = None, evidence: Evidence = None) -> None:
    """Say what a run would do and whether this machine can; builds nothing."""
    from orchestrator import preflight
    from orchestrator.app import evidence_directory
    from orchestrator.core import loader

    with _errors():
        loaded = loader.load(loader.find(drill), sets or [])
        for line in preflight.plan_lines(loaded):
            typer.echo(line)
        mistakes = preflight.plan_mistakes(loaded, evidence_directory(evidence))
        preflight.refuse([*mistakes, *preflight.image_mistakes(loaded)])
        typer.echo("this machine can run it")


@app.command(epilog="Examples: drillmaster kinds · drillmaster kinds delete-volume")
def kinds(
    name: Annotated[str | None, typer.Argument(help="A kind to describe.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the generated pages and schemas anew.")] = False,
) -> None:
    """List the kinds, or describe one."""
    from orchestrator.app import generated_files
    from orchestrator.core import catalogue

    with _errors():
        if write:
            for path, text in generated_files().items():
                path.write_text(text, encoding="utf-8")
                typer.echo(path)
        elif name:
            typer.echo(catalogue.describe(name))
        else:
            for line in catalogue.listing():
                typer.echo(line)


@app.command(epilog="Example: drillmaster runs --json")
def runs(evidence: Evidence = None, as_json: AsJson = False) -> None:
    """List the runs of an evidence directory, newest last."""
    from orchestrator import app as use_cases

    with _errors():
        rows = use_cases.list_runs(use_cases.evidence_directory(evidence))
        if as_json:
            typer.echo(json.dumps(rows, indent=2))
            return
        for row in rows:
            typer.echo("  ".join([row["run"], f"{row['verdict']:12}", f"{row['drill']:32}", row["sentence"]]))
        if not rows:
            typer.echo("no runs yet", err=True)


@app.command(epilog="Examples: drillmaster report latest · drillmaster report 20260301 --as html > report.html")
def report(
    run: RunName,
    form: Annotated[Form, typer.Option("--as", help="What to print.")] = Form.TEXT,
    evidence: Evidence = None,
) -> None:
    """Judge a run again from its folder alone (no Docker) and print the report."""
    from orchestrator import app as use_cases

    with _errors():
        folder = use_cases.find_run(use_cases.evidence_directory(evidence), run)
        typer.echo(use_cases.render(use_cases.judged(folder), form), nl=False)


@app.command(epilog="Example: drillmaster inventory latest > inventory.json; ansible-playbook -i inventory.json my.yml")
def inventory(run: RunName, evidence: Evidence = None) -> None:
    """Print the Ansible inventory of a run whose lab was kept."""
    from orchestrator import app as use_cases

    with _errors():
        folder = use_cases.find_run(use_cases.evidence_directory(evidence), run)
        typer.echo(json.dumps(use_cases.inventory(folder), indent=2))


@app.command(epilog="Example: drillmaster sweep")
def sweep(evidence: Evidence = None) -> None:
    """Remove what dead runs left behind and close their journals as ABORTED; runs that live are left alone."""
    from orchestrator import app as use_cases

    with _errors():
        for line in use_cases.sweep(use_cases.evidence_directory(evidence)) or ["nothing was left behind"]:
            typer.echo(line)


@app.command()
def doctor(evidence: Evidence = None) -> None:
    """Say whether this machine can run drills, and what to do if not."""
    from orchestrator import preflight
    from orchestrator.app import evidence_directory

    facts = preflight.examine_machine(evidence_directory(evidence))
    for fact in facts:
        typer.echo(f"{'✓' if fact.ok else '✗'} {fact.name}: {fact.says}")
        if fact.hint and not fact.ok:
            typer.echo(f"  hint: {fact.hint}")
    raise typer.Exit(0 if all(fact.ok for fact in facts) else BAD_USAGE)


@contextmanager
def _errors() -> Iterator[None]:
    """Turn errors into text on standard error and an exit code; a signal's code is 128 + its number."""
    from orchestrator.core.errors import DrillmasterError, EvidenceError
    from orchestrator.core.stops import Interrupted

    try:
        yield
    except EvidenceError as error:
        _complain(error)
        raise typer.Exit(ABORTED) from error
    except DrillmasterError as error:
        _complain(error)
        raise typer.Exit(BAD_USAGE) from error
    except Interrupted as interrupted:
        typer.echo(f"stopped by signal {interrupted.signal}; a run that had begun is ABORTED", err=True)
        raise typer.Exit(SIGNAL_BASE + interrupted.signal) from interrupted


def _complain(error: DrillmasterError) -> None:
    typer.echo(error.message, err=True)
    if error.hint:
        typer.echo(f"hint: {error.hint}", err=True)


def main() -> None:
    """Run the command line; a bug of our own exits 70."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - the last resort: whatever comes here is a bug, and said to be one
        import traceback

        traceback.print_exc()
        typer.echo(f"this is a bug of drillmaster: {type(error).__name__}: {error}\nhint: please report it", err=True)
        sys.exit(OUR_BUG)


if __name__ == "__main__":
    main()
