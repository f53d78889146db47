"""The command on what drills are evidence for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.common import AsJson, app, errors, say

Directories = Annotated[
    list[Path] | None,
    typer.Option("--controls", metavar="DIR", help="A directory with control files of your own; repeatable."),
]


@app.command(epilog="Examples: drillmaster controls · drillmaster controls dora · drillmaster controls --controls ours")
def controls(
    framework: Annotated[str | None, typer.Argument(help="A framework to describe.")] = None,
    as_json: AsJson = False,
    directories: Directories = None,
) -> None:
    """List the frameworks whose controls drills are evidence for, or one's controls and what is not covered."""
    from orchestrator import controls as use_cases

    with errors():
        found = use_cases.load_controls(directories or (), framework)
        if as_json:
            say(json.dumps([control.model_dump(mode="json") for control in found], indent=2, ensure_ascii=False))
        else:
            say("\n".join((use_cases.described if framework else use_cases.listing)(found)))
