"""One run of a tabletop: people talk a recovery through, step by step, and call each other.

    recover

There is no lab and no system, so nothing is built, destroyed, collected or torn down: what is measured is people.
"""

from __future__ import annotations

from orchestrator.core.engine import Engine
from reports.facts.events import Phase


class TabletopRun(Engine):
    """Runs one tabletop."""

    def _perform(self) -> None:
        with self._phase(Phase.RECOVER):
            self._recover()

    def _wind_up(self) -> None:
        """Leave nothing behind: nothing was built."""
