"""The commands on evidence that leaves the house or its time: export, hold, purge."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.common import AsJson, Evidence, RunName, app, errors, say, signer
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
        str,
        typer.Option(
            "--for",
            help="auditor; vanta, drata, secureframe or ciso-assistant, whose folder to upload is then in it.",
        ),
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
    tabletops = f", {len(exported.period.tabletops)} tabletops" if exported.period.tabletops else ""
    typer.echo(f"{wanted.output}: {len(exported.period.runs)} runs ({verdicts}){controls}{tabletops}")
    for says in exported.uninterpreted:
        typer.echo(f"record not read: {says}", err=True)


@app.command(
    epilog="Examples: drillmaster hold 20260301T0 --by 'Ann Miller' --reason 'claim 4711' · "
    "drillmaster hold 20260301T0 --release --by 'Ann Miller' --reason 'claim settled'"
)
def hold(
    run: RunName,
    by: Annotated[
        str, typer.Option(metavar="NAME", help="Who orders it; kept in people.json, the register has an id.")
    ],
    reason: Annotated[str, typer.Option(help="Why.")],
    release: Annotated[bool, typer.Option("--release", help="Lift the hold.")] = False,
    evidence: Evidence = None,
) -> None:
    """Put a legal hold on a run: its files are not purged, whatever their age, until it is released."""
    from orchestrator import exporting
    from orchestrator.adapters.people_file import PeopleFile
    from orchestrator.app import evidence_directory, find_run
    from orchestrator.registering import register_of
    from reports.register.entries import Held

    directory = evidence_directory(evidence)
    with errors():
        people = PeopleFile(directory)
        with people.held():
            held = Held(run=find_run(directory, run).name, held=not release, by=people.enrol(by), reason=reason)
            exporting.hold(register_of(directory, signer()), directory, held)
    typer.echo(f"{held.run}: {'held' if held.held else 'released'}")


@app.command(epilog="Examples: drillmaster purge · drillmaster purge --retain 10y --yes")
def purge(
    retain: Annotated[str, typer.Option(metavar="SPAN", help="How long files are kept: 7y, 18m, 90d.")] = "7y",
    yes: Annotated[bool, typer.Option("--yes", help="Remove them; without it they are only listed.")] = False,
    evidence: Evidence = None,
    as_json: AsJson = False,
) -> None:
    """List the runs whose files may go, or remove them: the register keeps telling of them."""
    from orchestrator import exporting
    from orchestrator.app import evidence_directory
    from orchestrator.registering import register_of

    directory = evidence_directory(evidence)
    with errors():
        runs = exporting.retained(directory, retain, datetime.now(UTC).date())
        over = [one for one in runs if one.over and (directory / one.row.drill / one.row.run).is_dir()]
        if yes:
            exporting.purge(register_of(directory, signer()), directory, over)
    if as_json:
        listed = [{"run": one.row.run, "drill": one.row.drill, "until": str(one.until)} for one in over]
        say(json.dumps({"removed": yes, "runs": listed, "held": [one.row.run for one in runs if one.why]}, indent=2))
        return
    for one in over:
        say(f"{one.row.drill}/{one.row.run}: kept until {one.until}; {'removed' if yes else 'would be removed'}")
    for one in runs:
        if one.why:
            say(f"{one.row.drill}/{one.row.run}: kept until {one.until}; stays: {one.why}")
    if not over:
        say("no run's time is over")
    elif not yes:
        say("nothing was removed: say --yes")
