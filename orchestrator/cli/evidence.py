"""The commands on the evidence of runs that were: list, report, inventory, sweep."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from orchestrator.cli.common import AsJson, Evidence, RunName, app, errors, signer


class Form(StrEnum):
    """What a report can be printed as."""

    HTML = "html"
    JSON = "json"
    JUNIT = "junit"
    TEXT = "text"


@app.command(epilog="Example: drillmaster runs --json")
def runs(evidence: Evidence = None, as_json: AsJson = False) -> None:
    """List the runs of an evidence directory, newest last."""
    from orchestrator import app as use_cases

    with errors():
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
    run: Annotated[
        str, typer.Argument(metavar="RUN|SERIES", help="Its folder, its id or the beginning of it; `latest`.")
    ],
    form: Annotated[Form, typer.Option("--as", help="What to print.")] = Form.TEXT,
    evidence: Evidence = None,
) -> None:
    """Judge a run, or every run of a series, again from its folder alone (no Docker) and print the report."""
    from orchestrator import app as use_cases
    from orchestrator import repeats

    with errors():
        directory = use_cases.evidence_directory(evidence)
        if series := repeats.find_series(directory, run):
            typer.echo(repeats.render(repeats.judged(series), form), nl=False)
        else:
            typer.echo(use_cases.render(use_cases.judged(use_cases.find_run(directory, run)), form), nl=False)


@app.command(epilog="Example: drillmaster inventory latest > inventory.json; ansible-playbook -i inventory.json my.yml")
def inventory(run: RunName, evidence: Evidence = None) -> None:
    """Print the Ansible inventory of a run whose lab was kept."""
    from orchestrator import app as use_cases
    from orchestrator import kept_labs

    with errors():
        folder = use_cases.find_run(use_cases.evidence_directory(evidence), run)
        typer.echo(json.dumps(kept_labs.inventory(folder), indent=2))


@app.command(epilog="Example: drillmaster sweep")
def sweep(evidence: Evidence = None) -> None:
    """Remove what dead runs left behind and close their journals as ABORTED; runs that live are left alone."""
    from orchestrator import app as use_cases

    with errors():
        swept = use_cases.sweep(use_cases.evidence_directory(evidence), signer)
        for line in swept or ["nothing was left behind"]:
            typer.echo(line)
