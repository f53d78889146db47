"""What all commands share: the application, its options, and how errors end a command."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.adapters.key_files import KeyFiles
    from orchestrator.core.errors import DrillmasterError
    from reports.keys import Signer

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


def say(text: str) -> None:
    """Print a text on standard output, if somebody still reads it."""
    from orchestrator.terminal import while_somebody_reads

    with while_somebody_reads():
        typer.echo(text)


def key_files(*, new: bool = False) -> KeyFiles:
    """Return the user's keys; a passphrase is asked for at the terminal, twice for a new key."""
    from orchestrator.adapters.key_files import KeyFiles, keys_directory
    from orchestrator.terminal import ask_passphrase

    return KeyFiles(keys_directory(os.environ), lambda: ask_passphrase(twice=new))


def signer() -> Signer | None:
    """Return the user's key, None when there is none; raises CannotRunError for one that cannot be used."""
    return key_files().open()


@contextmanager
def errors() -> Iterator[None]:
    """Turn errors into text on standard error and an exit code; a signal's code is 128 + its number."""
    from orchestrator.core.errors import DrillmasterError, EvidenceError
    from orchestrator.core.stops import Interrupted

    try:
        yield
    except EvidenceError as error:
        complain(error)
        raise typer.Exit(ABORTED) from error
    except DrillmasterError as error:
        complain(error)
        raise typer.Exit(BAD_USAGE) from error
    except Interrupted as interrupted:
        typer.echo(f"stopped by signal {interrupted.signal}; a run that had begun is ABORTED", err=True)
        raise typer.Exit(SIGNAL_BASE + interrupted.signal) from interrupted


def complain(error: DrillmasterError) -> None:
    """Print an error and its hint on standard error."""
    typer.echo(error.message, err=True)
    if error.hint:
        typer.echo(f"hint: {error.hint}", err=True)
