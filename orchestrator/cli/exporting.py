"""The commands on evidence that leaves the house or its time: export, hold, purge."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - typer reads it
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.common import Evidence, app, errors
from orchestrator.cli.controls import Directories  # noqa: TC001 - typer reads it


@app.command(
    epilog="Examples: drillmaster export --from 2026-01-01 --to 2026-03-31 · drillmaster export --from 2026-01-01 "
    "--to 2026-12-31 --framework dora --system orders --for drata --output q4.zip"
)
def export(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="First day, UTC.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="Last day, UTC.")],
    framework: Annotated[str | None, typer.Option(help="Only this framework's controls; default: all.")] = None,
    system: Annotated[str, typer.Option(help="Only this system's runs; default: all.")] = "",
    audience: Annotated[
        str, typer.Option("--for", help="auditor, vanta, drata, secureframe or ciso-assistant.")
    ] = "auditor",
    output: Annotated[Path | None, typer.Option(metavar="FILE.zip", help="Default: evidence-FROM-TO.zip.")] = None,
    retain: Annotated[str, typer.Option(metavar="SPAN", help="How long it is to be kept: 7y, 18m, 90d.")] = "7y",
    pdf: Annotated[bool, typer.Option("--pdf", help="Reports as PDF too (extra `pdf`).")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    directories: Directories = None,
    evidence: Evidence = None,
) -> None:
    """Write one zip with everything that was run in a window, as it was sealed, for whoever audits it."""
    from orchestrator import exporting
    from orchestrator.app import evidence_directory
    from reports.period import Window

    window = Window(first=str(first.date()), last=str(last.date()), system=system)
    wanted = exporting.Wanted(
        window=window,
        output=output or Path(f"evidence-{window.first}-{window.last}.zip"),
        framework=framework,
        directories=directories or (),
        audience=audience,
        retain=retain,
        pdf=pdf,
        force=force,
    )
    with errors():
        exported = exporting.export(evidence_directory(evidence), wanted)
    verdicts = ", ".join(f"{number} {verdict}" for verdict, number in exported.period.verdicts.items() if number)
    controls = f", {len(exported.period.controls)} negative controls" if exported.period.controls else ""
    typer.echo(f"{wanted.output}: {len(exported.period.runs)} runs ({verdicts}){controls}")
    for says in exported.uninterpreted:
        typer.echo(f"record not read: {says}", err=True)
