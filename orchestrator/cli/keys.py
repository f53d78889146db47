"""The commands on what makes evidence checkable by others: the signing key, and the head of the register."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

from orchestrator.cli.common import AsJson, Evidence, app, errors, key_files, say, signer

keys = typer.Typer(no_args_is_help=True)
app.add_typer(keys, name="keys", help="The key that signs what is registered, and seals runs.")


@keys.command(epilog="Examples: drillmaster keys init · DRILLMASTER_KEYS=/etc/drillmaster drillmaster keys init")
def init(
    passphrase: Annotated[
        bool, typer.Option("--passphrase", help="Ask for a passphrase; DRILLMASTER_KEY_PASSPHRASE is taken unasked.")
    ] = False,
) -> None:
    """Make a signing key, unless there is one."""
    with errors():
        files = key_files(new=True)
        made = files.init(passphrase=passphrase)
    say(f"{files.private}: {'made' if made else 'is there already'}")
    say(f"give {files.public} to whoever verifies, on another way than the evidence")


@keys.command(epilog="Examples: drillmaster keys show · drillmaster keys show --json")
def show(as_json: AsJson = False) -> None:
    """Print the public half of the key, and the ids of those that were in force before."""
    with errors():
        files = key_files()
        keyid, pem, retired = files.shown()
        if as_json:
            say(json.dumps({"keyid": keyid, "public_pem": pem, "file": str(files.public), "retired": retired}))
            return
    say(f"{files.public}\n{keyid}\n{pem.rstrip()}")
    for old in retired:
        say(f"before: {old}")


@keys.command(epilog="Example: drillmaster keys rotate --evidence evidence --evidence /srv/evidence")
def rotate(
    evidence: Annotated[
        list[Path] | None,
        typer.Option(
            "--evidence", metavar="DIR", help="An evidence directory whose register the key signs; repeatable."
        ),
    ] = None,
) -> None:
    """Put a new key in force, in every register named: the old one signs that, and its private half is deleted."""
    from orchestrator.app import evidence_directory
    from orchestrator.registering import rotate as put_in_force

    directories = [evidence_directory(one) for one in evidence] if evidence else [evidence_directory()]
    with errors():
        files = key_files()
        for directory, done in put_in_force(files, directories):
            says = "the new key is in force" if done else "nothing there is signed by the old key"
            say(f"{directory}: {says}")
    say(f"give {files.public} to whoever verifies, on another way than the evidence")


@app.command(
    epilog="Examples: drillmaster head · drillmaster head --anchor https://tsa.example.org · "
    "drillmaster head --published ticket-4711"
)
def head(
    evidence: Evidence = None,
    anchor: Annotated[
        str | None,
        typer.Option("--anchor", metavar="URL", help="Have it stamped by a time-stamp authority (RFC 3161)."),
    ] = None,
    published: Annotated[
        str | None, typer.Option("--published", metavar="WHERE", help="Register that the line was published there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print one line that says how far the register reaches: kept elsewhere, it shows when runs are missing later."""
    from orchestrator import registering
    from orchestrator.app import evidence_directory

    directory = evidence_directory(evidence)
    with errors():
        reached = registering.head(directory)
        if anchor:
            registering.stamp(registering.register_of(directory, signer()), reached, anchor)
        if published:
            registering.anchor(registering.register_of(directory, signer()), reached, published)
        told = {"head": str(reached), **vars(reached)}
        say(json.dumps(told) if as_json else str(reached))
