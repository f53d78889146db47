"""The commands before a run: what a drill says, what kinds there are, what this machine can do."""

from __future__ import annotations

from typing import Annotated

import typer

from orchestrator.cli.common import BAD_USAGE, DrillName, Evidence, Sets, app, complain, errors


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
            complain(error)
            wrong = True
        else:
            typer.echo(f"{loaded.file}: sound")
    raise typer.Exit(BAD_USAGE if wrong else 0)


@app.command(epilog="Example: drillmaster plan postgres-volume-loss")
def plan(drill: DrillName, sets: Sets = None, evidence: Evidence = None) -> None:
    """Say what a run would do and whether this machine can; builds nothing."""
    from orchestrator import existing, preflight
    from orchestrator.app import evidence_directory
    from orchestrator.core import loader

    with errors():
        loaded = existing.with_its_major(loader.load(loader.find(drill), sets or []))
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

    with errors():
        if write:
            for path, text in generated_files().items():
                path.write_text(text, encoding="utf-8")
                typer.echo(path)
        elif name:
            typer.echo(catalogue.describe(name))
        else:
            for line in catalogue.listing():
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
