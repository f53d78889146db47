"""The sabotage `skip-restore`. That an empty service is caught: the control recovery-restores-nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core import loader
from orchestrator.core.drill import Expect
from orchestrator.kinds.sabotage.skip_restore import SkipRestore
from orchestrator.kinds.steps.playbook import Playbook
from orchestrator.kinds.steps.replace import Replace
from orchestrator.kinds.steps.start import Start
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.kind import Step
    from orchestrator.core.lab import Lab

RESTORE = Playbook(playbook="restore.yml")


def recovering(lab: Lab, *steps: Step) -> Lab:
    """Return the lab, whose recovery is of these steps."""
    lab.loaded = lab.loaded.model_copy(update={"drill": lab.loaded.drill.model_copy(update={"recover": [*steps]})})
    return lab


def test_the_playbooks_are_not_run_and_nothing_is_waited_for_long(lab: Lab) -> None:
    """All else goes on as if they had been."""
    recovering(lab, Replace(service="db"), RESTORE, Start(service="db", timeout="10m"))
    assert SkipRestore(within="5s").spoil(lab) == Finding(
        name="sabotage-confirmed",
        state=State.HELD,
        says="left out: playbook: restore.yml; starts empty: db",
        seen={"left_out": 1, "empty": ["db"]},
    )
    assert [(step.title, step.timeout) for step in lab.loaded.drill.recover] == [
        ("replace: db", 5.0),
        ("start: db", 5.0),
    ]


@pytest.mark.parametrize("steps", [(RESTORE, Start(service="db")), (Replace(service="db"), Start(service="db"))])
def test_it_matters_only_where_an_emptied_service_is_left_empty(lab: Lab, steps: tuple[Step, ...]) -> None:
    """One that keeps its data, or that no playbook fills, is as it would be."""
    assert SkipRestore().spoil(recovering(lab, *steps)).state is State.VIOLATED


@pytest.mark.parametrize(
    ("drill", "suits"),
    [
        ("postgres-volume-loss", True),
        ("postgres-dropped-table", True),
        ("mariadb-volume-loss", True),
        ("redis-volume-loss", True),
        ("files-volume-loss", True),
        ("postgres-crash", False),
        ("postgres-fail-over-synchronous", False),
        ("existing-pgbackrest", False),
    ],
)
def test_it_suits_what_is_restored_into_an_empty_service(drill: str, suits: bool) -> None:  # noqa: FBT001 - a case
    """The service never holds the ledger's rows again, so its start fails."""
    found = list(SkipRestore.suited(loader.load(loader.find(drill)).drill))
    assert found == ([(SkipRestore(), Expect.failed_by("recovery-step"))] if suits else [])
