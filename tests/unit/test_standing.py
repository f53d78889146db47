"""Where a run stands after its record was sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthetic_records import CONTROL, FAILED, PASSED
from synthetic_registers import SyntheticRegister, sources

from reports.actions import actions
from reports.population import AsOf
from reports.register import chain
from reports.register.entries import ActionClosed, ActionOpened, Reviewed
from reports.standing import HISTORY, Sealing, Standing, standing

if TYPE_CHECKING:
    from pathlib import Path

OWNER, REVIEWER = "p-0bbbbb", "p-0aaaaa"


def opened(action: str, run: str, due: str = "2026-12-01") -> ActionOpened:
    """Return an action's beginning."""
    return ActionOpened(action=action, run=run, what=f"mend what {run} showed", owner=OWNER, due=due)


def stands(register: SyntheticRegister, run: str) -> Standing | None:
    """Return where a run stands as of the register's end."""
    sealing = Sealing(statement_sha256="5e" * 32, keyids=("ab" * 32,))
    end = AsOf.end_of(chain.read(register.path))
    return standing(run, end, register.state(), sources(register), sealing)


def test_a_run_stands_among_its_reviews_actions_and_the_runs_of_its_drill(tmp_path: Path) -> None:
    """Its own actions, those still open because of other runs of the drill, and the last twelve runs, oldest first."""
    register = SyntheticRegister(tmp_path)
    runs = [PASSED.model_copy(update={"run": f"r{number:02}"}) for number in range(14)]
    for record in runs:
        register.add(record)
    register.add(CONTROL)
    for action in ("A-1", "A-2", "A-3"):
        register.append(opened(action, {"A-1": "r13", "A-2": "r02", "A-3": "r03"}[action]))
    register.append(opened("A-4", CONTROL.run))
    register.append(ActionClosed(action="A-3", by=REVIEWER, retest="r05", note=""))
    register.append(Reviewed(run="r13", by=REVIEWER, role="owner", decision="accepted", note=""))
    found = stands(register, "r13")
    assert found is not None
    assert [action.action for action in found.actions] == ["A-1"]
    assert [action.action for action in found.carried] == ["A-2"]
    assert [line.run for line in found.history] == [record.run for record in runs[-HISTORY:]]
    assert found.line.sign_off.state == "accepted"
    assert found.as_of.entry == register.position.seq


def test_a_run_that_the_register_does_not_know_stands_nowhere(tmp_path: Path) -> None:
    """As evidence made before there was a register, or beside it."""
    register = SyntheticRegister(tmp_path)
    register.add(PASSED)
    assert stands(register, "another") is None


def test_an_action_is_open_overdue_mended_or_accepted(tmp_path: Path) -> None:
    """Overdue from the day after its due day on; mended when a run showed it, accepted when a person took the risk."""
    register = SyntheticRegister(tmp_path)
    register.add(FAILED)
    register.add(PASSED)
    for action, due in (("A-1", "2026-11-02"), ("A-2", "2026-11-01"), ("A-3", "2026-11-01"), ("A-4", "2026-11-01")):
        register.append(opened(action, FAILED.run, due))
    register.append(ActionClosed(action="A-3", by=REVIEWER, retest=PASSED.run, note="Seen."))
    register.append(ActionClosed(action="A-4", by=REVIEWER, retest="", note="Rare."))
    told = list(actions(register.state(), "2026-11-02"))
    assert [(one.action, one.state, one.open) for one in told] == [
        ("A-1", "open", True),
        ("A-2", "overdue", True),
        ("A-3", "mended", False),
        ("A-4", "accepted", False),
    ]
    assert [(one.drill, one.system, one.retest, one.closed_by, one.note) for one in told[2:]] == [
        (FAILED.drill.name, FAILED.drill.system, PASSED.run, REVIEWER, "Seen."),
        (FAILED.drill.name, FAILED.drill.system, "", REVIEWER, "Rare."),
    ]
