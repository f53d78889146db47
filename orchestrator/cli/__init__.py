"""The command line: thin, and with `terminal` the only package that prints or exits.

Heavy imports wait for the command that needs them: start-up counts.
"""

from __future__ import annotations

import logging
import sys

import typer

from orchestrator.cli import running  # noqa: F401 - a command is known once its module is, in this order

# isort: split
from orchestrator.cli import drills, evidence  # noqa: F401 - likewise

# isort: split
from orchestrator.cli import controls, exporting, keys, people, verifying  # noqa: F401 - likewise
from orchestrator.cli.common import OUR_BUG, app


def main() -> None:
    """Run the command line; a bug of our own exits 70."""
    # What a library warns of while a signal ends it is not for the reader: what is, we say ourselves.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        app()
    except Exception as error:  # noqa: BLE001 - the last resort: whatever comes here is a bug, and said to be one
        import traceback

        traceback.print_exc()
        typer.echo(f"this is a bug of drillmaster: {type(error).__name__}: {error}\nhint: please report it", err=True)
        sys.exit(OUR_BUG)
