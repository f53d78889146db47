"""The command that checks evidence, as whoever does not trust us would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.cli.common import BAD_USAGE, AsJson, app, say

Evidence = Annotated[
    Path, typer.Argument(metavar="PATH|ZIP", help="A run's folder, an evidence directory, its register, or a bundle.")
]


@app.command(
    epilog="Exit codes: 0 verified · 1 tampered · 2 usage · 3 incomplete · 4 untrusted or no key pinned · 5 anchor "
    "missing or stale. Example: drillmaster verify evidence --trust key.pub --head "
    "'drillmaster-head v1 …' · drillmaster verify bundle.zip --trust key.pub --json"
)
def verify(
    path: Evidence,
    trust: Annotated[
        list[Path] | None, typer.Option(metavar="KEY", help="A public key, got elsewhere than here; repeatable.")
    ] = None,
    head: Annotated[str, typer.Option(metavar="LINE", help="A line of `drillmaster head`, published elsewhere.")] = "",
    require_anchor: Annotated[
        bool, typer.Option("--require-anchor", help="Every run must be covered by a head or a time stamp.")
    ] = False,
    tsa_ca: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificates (PEM) of the time-stamp authority to be believed.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not derive verdicts and reports again: most of the time goes there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check evidence offline: what was changed, what is missing, who vouches for it, and what cannot be told."""
    from reports.verify import asked, evidence
    from reports.verify.render_text import text

    try:
        wanted = asked.Asked(
            pinned=asked.pinned_keys(trust or []),
            head=asked.head(head) if head else None,
            require_anchor=require_anchor,
            authorities=asked.certificates(tsa_ca) if tsa_ca else (),
            quick=quick,
        )
        outcome = evidence.verify(path, wanted)
    except asked.CannotVerifyError as error:
        typer.echo(f"{error.message}\nhint: {error.hint}", err=True)
        raise typer.Exit(BAD_USAGE) from error
    except OSError as error:
        hint = "what is checked must be readable; a zip is unpacked first, in the directory that TMPDIR names"
        typer.echo(f"{error.filename or path}: {error.strerror}\nhint: {hint}", err=True)
        raise typer.Exit(BAD_USAGE) from error
    say(json.dumps(outcome.as_json(), indent=2) if as_json else text(outcome).rstrip())
    raise typer.Exit(outcome.exit_code)
