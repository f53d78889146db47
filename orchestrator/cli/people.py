"""The commands of people: reviews of runs, and corrective actions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli.common import AsJson, Evidence, RunName, app, errors, say, signer

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.people import Desk

actions = typer.Typer(no_args_is_help=True)
app.add_typer(actions, name="action", help="Corrective actions: what is to be mended because of a run.")


class Decision(StrEnum):
    """What a reviewer can decide."""

    ACCEPTED = "accepted"
    WITH_REMARKS = "accepted-with-remarks"
    REJECTED = "rejected"


By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who; kept in people.json, the register has an id.")]


def _desk(evidence: Path | None) -> Desk:
    from orchestrator.app import evidence_directory
    from orchestrator.people import Desk
    from orchestrator.registering import register_of

    directory = evidence_directory(evidence)
    # Whoever is refused is not asked for a passphrase first.
    return Desk(directory, lambda: register_of(directory, signer()))


@app.command(epilog="Example: drillmaster review latest --by 'Ann Miller' --role 'service owner' --decision accepted")
def review(
    run: RunName,
    by: By,
    role: Annotated[str, typer.Option("--role", help="As what: service owner, auditor, …")],
    decision: Annotated[Decision, typer.Option("--decision", help="What was decided.")],
    note: Annotated[str, typer.Option("--note", help="Remarks and lessons; they stand in the register.")] = "",
    evidence: Evidence = None,
) -> None:
    """Register that somebody looked at a run's evidence and decided; the sealed record stays as it is."""
    from orchestrator import people

    with errors():
        opinion = people.Opinion(by, role, decision.value, note)
        say(people.review(_desk(evidence), run, opinion).says)


@actions.command(
    "open", epilog="Example: drillmaster action open latest --what 'add memory' --owner 'Ben Ito' --due 2026-12-01"
)
def open_(
    run: RunName,
    what: Annotated[str, typer.Option("--what", help="What is to be mended.")],
    owner: Annotated[str, typer.Option("--owner", metavar="NAME", help="Who sees to it.")],
    due: Annotated[str, typer.Option("--due", metavar="DATE", help="Until when, as in 2026-12-01.")],
    evidence: Evidence = None,
) -> None:
    """Open a corrective action because of a run; prints its id."""
    from orchestrator import people

    with errors():
        say(people.open_action(_desk(evidence), run, people.Task(what, owner, due)))


@actions.command(
    epilog="Examples: drillmaster action close A-1 --by 'Ben Ito' --retest latest · "
    "drillmaster action close A-2 --by 'Ann Miller' --accept-risk --note 'too rare to mend'"
)
def close(
    action: Annotated[str, typer.Argument(help="Its id, as in A-1.")],
    by: By,
    retest: Annotated[str, typer.Option("--retest", metavar="RUN", help="The run that shows it mended.")] = "",
    accept_risk: Annotated[bool, typer.Option("--accept-risk", help="It stays as it is; --note says why.")] = False,
    note: Annotated[str, typer.Option("--note", help="It stands in the register.")] = "",
    evidence: Evidence = None,
) -> None:
    """Close a corrective action: a later run showed it mended, or somebody accepts the risk."""
    from orchestrator import people

    if bool(retest) == accept_risk:
        raise typer.BadParameter("give one of --retest RUN and --accept-risk")
    with errors():
        people.close_action(_desk(evidence), action, people.Closing(by, retest, note))
        say(f"{action} is closed")


@actions.command("list", epilog="Examples: drillmaster action list --open · drillmaster action list --overdue --json")
def list_(
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are still to be done.")] = False,
    only_overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose day has passed.")] = False,
    evidence: Evidence = None,
    as_json: AsJson = False,
) -> None:
    """List corrective actions, oldest first."""
    from orchestrator import people
    from orchestrator.app import evidence_directory

    today = datetime.now(UTC).date().isoformat()
    with errors():
        found = people.list_actions(evidence_directory(evidence), today, only_open=only_open, only_overdue=only_overdue)
        if as_json:
            say(json.dumps([{**line.model_dump(), "owner_name": name} for line, name in found], indent=2))
            return
        for line, name in found:
            what = " ".join(line.what.split())
            say(f"{line.action:<6}  {line.state:<8}  {line.due}  {name:<20}  {what}  {line.run}")
        if not found:
            typer.echo("no such actions", err=True)
