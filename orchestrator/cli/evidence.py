"""The commands on the evidence of runs that were: list, report, inventory, sweep."""

from __future__ import annotations

import json
from datetime import datetime  # noqa: TC003 - typer reads it
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

from orchestrator.cli.common import AsJson, Evidence, RunName, app, errors, say, signer


class Form(StrEnum):
    """What a report can be printed as."""

    HTML = "html"
    JSON = "json"
    JUNIT = "junit"
    PDF = "pdf"
    POST_MORTEM = "post-mortem"
    TEXT = "text"


@app.command(epilog="Example: drillmaster runs --json")
def runs(evidence: Evidence = None, as_json: AsJson = False) -> None:
    """List the runs of an evidence directory, newest last."""
    from orchestrator import app as use_cases

    with errors():
        rows = use_cases.list_runs(use_cases.evidence_directory(evidence))
        if as_json:
            say(json.dumps(rows, indent=2))
            return
        for row in rows:
            say("  ".join([row["run"], f"{row['verdict']:12}", f"{row['drill']:32}", row["sentence"]]))
        if not rows:
            typer.echo("no runs yet", err=True)


@app.command(
    epilog="Examples: drillmaster report latest · drillmaster report 20260301 --as html > report.html · "
    "drillmaster report --from 2026-01-01 --to 2026-03-31 --as pdf --output first-quarter.pdf · "
    "drillmaster report --board --from 2026-01-01 --to 2026-03-31 --as html > board.html"
)
def report(
    run: Annotated[
        str, typer.Argument(metavar="RUN|SERIES|PROOF", help="Its folder, its id or the beginning of it; `latest`.")
    ] = "",
    form: Annotated[Form, typer.Option("--as", help="What to print.")] = Form.TEXT,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="A period's first day, UTC."),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="A period's last day, UTC.")
    ] = None,
    system: Annotated[str, typer.Option("--system", help="Of a period: one system alone.")] = "",
    board: Annotated[bool, typer.Option("--board", help="Of a period: the page for a board.")] = False,
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Where to write it.")] = None,
    evidence: Evidence = None,
) -> None:
    """Print the report of a run, a series, a proof or a period of days.

    A run, or every run of a series or a proof, is judged again from its folder alone (no Docker); what the register
    says of it since, reviews and actions and history, stands beside that. A period is every run that started in it.
    """
    from orchestrator import app as use_cases
    from orchestrator import reporting
    from reports.period import Window

    if bool(run) == bool(first and last) or (run and (first or last or system or board)):
        raise typer.BadParameter("name a run, a series or a proof, or a period with --from and --to")
    if form is Form.PDF and output is None:
        raise typer.BadParameter("a PDF is written to a file: name it with --output", param_hint="--as")
    with errors():
        directory = use_cases.evidence_directory(evidence)
        if first and last:
            window = Window(first=str(first.date()), last=str(last.date()), system=system)
            asked = reporting.Asked(window, board, form.value)
            made = reporting.period_report(directory, asked)
        else:
            made = _of_runs(directory, run, form.value)
        _give(made, output)


def _of_runs(directory: Path, name: str, form: str) -> bytes:
    """Return the report of a series, a proof or a run, each judged again."""
    from orchestrator import app as use_cases
    from orchestrator import proving, repeats, reporting

    if series := repeats.find_series(directory, name):
        return repeats.render(repeats.judged(series), form).encode()
    if proof := proving.find_proof(directory, name):
        return proving.render(proving.judged(proof), form).encode()
    return reporting.run_report(use_cases.find_run(directory, name), form)


def _give(made: bytes, output: Path | None) -> None:
    """Print what was made, or write it to a file; a device or a link is written to, never replaced."""
    from orchestrator.core.artifacts import keep
    from orchestrator.core.errors import CannotRunError, EvidenceError

    if output is None:
        say(made.decode().rstrip("\n"))
        return
    try:
        if output.is_file() or not output.exists():
            keep(output.resolve(), made)
        else:
            output.write_bytes(made)
    except (EvidenceError, OSError) as error:
        says = error.message if isinstance(error, EvidenceError) else f"{output}: cannot be written: {error.strerror}"
        raise CannotRunError(says, hint="name another file with --output") from error


@app.command(epilog="Example: drillmaster inventory latest > inventory.json; ansible-playbook -i inventory.json my.yml")
def inventory(run: RunName, evidence: Evidence = None) -> None:
    """Print the Ansible inventory of a run whose lab was kept."""
    from orchestrator import app as use_cases
    from orchestrator import kept_labs

    with errors():
        folder = use_cases.find_run(use_cases.evidence_directory(evidence), run)
        say(json.dumps(kept_labs.inventory(folder), indent=2))


@app.command(epilog="Example: drillmaster sweep")
def sweep(evidence: Evidence = None) -> None:
    """Remove what dead runs left behind and close their journals as ABORTED; runs that live are left alone."""
    from orchestrator import app as use_cases

    with errors():
        swept = use_cases.sweep(use_cases.evidence_directory(evidence), signer)
        for line in swept or ["nothing was left behind"]:
            say(line)
