"""The phases over fakes: what ends a run where, and what the journal then says."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, ClassVar

import pytest
from fake_docker import FakeDocker
from fakes import AnyCheck, FakeRunningLedger, World

from orchestrator.core import catalogue
from orchestrator.core.engine import Engine
from orchestrator.core.errors import StepFailedError
from orchestrator.core.procedures import facts_for
from orchestrator.kinds.disasters.kill_service import KillService
from orchestrator.kinds.workloads.ledger import Ledger
from reports.facts.events import (
    AnyFact,
    ArchiverRead,
    BeforeDisaster,
    Finding,
    LoadRead,
    ManifestTaken,
    Mark,
    MarkReached,
    Outcome,
    Phase,
    PhaseFinished,
    RunFinished,
    SettingsRead,
    State,
    SteadyDrawn,
    TargetSet,
)

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.core.lab import Lab

catalogue.discovered()  # gives the kinds their names


class Alarm(AnyCheck):
    """Violated while the service's container does not run, or always."""

    kind: ClassVar[str] = "alarm"
    always: bool = False

    def remember(self, lab: Lab) -> None:
        """Remember that there was no smoke."""
        lab.remember(self.memory, self.service, "no smoke", "No smoke.")

    def look(self, lab: Lab) -> list[Finding]:
        """Look whether it runs."""
        state = State.VIOLATED if self.always or not lab.is_running(self.service) else State.HELD
        return [Finding(name=self.kind, state=state, says="Smoke.")]


class SlowToConfirm(KillService):
    """A disaster that takes a minute and a half to be seen."""

    kind: ClassVar[str] = "slow-to-confirm"

    def confirm(self, lab: Lab) -> Finding:
        """Take time."""
        lab.clock.sleep(90)
        return super().confirm(lab)


class Missing(KillService):
    """A disaster that does nothing."""

    kind: ClassVar[str] = "missing"

    def inject(self, lab: Lab) -> str:  # noqa: ARG002 - the kind's signature
        """Do nothing."""
        return "nothing was done"

    def confirm(self, lab: Lab) -> Finding:  # noqa: ARG002 - the kind's signature
        """Return that nothing is broken."""
        return Finding(name="disaster-confirmed", state=State.VIOLATED, says="All is well.")


class Failing(FakeRunningLedger):
    """A ledger whose attempt fails 4 ms after any moment it is asked of."""

    def first_failure_after(self, monotonic_ns: int, begun: int = 0) -> int | None:  # noqa: ARG002 - begun at any time
        """Return that failure."""
        return monotonic_ns + 4_000_000


class Hiccup(FakeRunningLedger):
    """A ledger whose attempt fails 4 ms after any moment it is asked of, and was begun just then."""

    def first_failure_after(self, monotonic_ns: int, begun: int = 0) -> int | None:
        """Return that failure, if it was begun late enough."""
        return monotonic_ns + 4_000_000 if monotonic_ns >= begun else None


class Damage(SlowToConfirm):
    """A disaster that leaves the service up, once it is injected."""

    kind: ClassVar[str] = "damage"
    stays_up: ClassVar[bool] = True


class Dying(FakeRunningLedger):
    """A ledger whose process dies before it can tell of a failure."""

    def first_failure_after(self, monotonic_ns: int, begun: int = 0) -> int | None:  # noqa: ARG002 - the port's
        """Raise: the process is gone."""
        raise StepFailedError("the ledger's process is gone")


def ended(world: World, folder: Path, **changes: object) -> dict[Phase, tuple[Outcome, str]]:
    """Run the drill with changes over the fakes; return how each phase ended."""
    lab = world.lab(folder)
    drill = lab.loaded.drill.model_copy(update={"workload": [Ledger(service="db")], **changes})
    lab.loaded = lab.loaded.model_copy(update={"drill": drill})
    Engine(lab, nullcontext).run()
    assert world.journal.facts[-1] == RunFinished()
    facts = [fact for fact in world.journal.facts if isinstance(fact, PhaseFinished)]
    return {fact.phase: (fact.outcome, fact.says) for fact in facts}


def marks(world: World) -> dict[Mark, float]:
    """Return the marks reached, in seconds after the disaster."""
    facts = [fact for fact in world.journal.facts if isinstance(fact, MarkReached)]
    injected = next(fact.at.monotonic_ns for fact in facts if fact.mark == Mark.DISASTER_INJECTED)
    return {fact.mark: (fact.at.monotonic_ns - injected) / 1e9 for fact in facts}


@pytest.fixture
def world() -> World:
    """Return the fakes behind the lab."""
    return World(FakeDocker(images={"any:1": "sha256:1"}))


def test_a_drill_goes_through_every_phase(world: World, tmp_path: Path) -> None:
    """Noticed, recovered, settled, checked, and the lab is gone."""
    phases = ended(world, tmp_path, detect=[Alarm()])
    assert phases == dict.fromkeys(list(Phase)[1:], (Outcome.OK, ""))
    assert list(marks(world)) == [mark for mark in Mark if mark is not Mark.SERVICE_ANSWERED]
    assert world.docker.containers == {}


def test_what_bounds_the_figures_is_read_before_the_disaster_and_after_the_recovery(
    world: World, tmp_path: Path
) -> None:
    """Nothing is asked of the system between its loss and its recovery but what the drill asks."""
    ended(world, tmp_path, detect=[Alarm()])
    told = [_moment(fact) for fact in world.journal.facts]
    assert [moment for moment in told if moment] == [
        "settings-read before-disaster",
        "archiver-read",
        "load-read before-disaster",
        "disaster_injected",
        "recovery_finished",
        "load-read after-recovery",
        "settings-read after-recovery",
        "workload_stopped",
    ]


def test_playbooks_get_the_moment_before_a_damage_that_leaves_the_service_up(world: World, tmp_path: Path) -> None:
    """What was lost is looked up as of it, while all that was written since is kept: it is no recovery target."""
    ended(world, tmp_path, disaster=[Damage(service="db")])
    moment = BeforeDisaster(server_time="2026-01-01T00:00:00.000000+00:00")
    assert [fact for fact in world.journal.facts if isinstance(fact, BeforeDisaster | TargetSet)] == [moment]
    facts = facts_for("r1", "any", TargetSet(mode="latest"), moment, {})
    assert (facts["drill_before_disaster"], facts["drill_recovery_target"]) == (moment.server_time, {"type": "latest"})


def test_a_drill_may_recover_to_a_moment_drawn_between_backup_and_disaster(world: World, tmp_path: Path) -> None:
    """The journal tells the moment before the disaster comes; playbooks get it, and nothing else."""
    ended(world, tmp_path, detect=[Alarm()], recover_to="random")
    told = [fact for fact in world.journal.facts if isinstance(fact, TargetSet | SteadyDrawn | MarkReached)]
    drawn, target, injected = told[:3]
    assert isinstance(drawn, SteadyDrawn)
    assert isinstance(target, TargetSet)
    assert isinstance(injected, MarkReached)
    assert target.drawn_from_s == pytest.approx(drawn.wait_s - 1, abs=0.5)
    before_s = (injected.at.monotonic_ns - (target.monotonic_ns or 0)) / 1e9
    assert 0 < before_s < target.drawn_from_s + 0.5


def test_nothing_is_asked_of_a_service_that_will_go_away(world: World, tmp_path: Path) -> None:
    """A crash has no moment that playbooks could go back to."""
    ended(world, tmp_path, detect=[Alarm()])
    assert not [fact for fact in world.journal.facts if isinstance(fact, BeforeDisaster)]


def _moment(fact: AnyFact) -> str:
    match fact:
        case SettingsRead() | LoadRead():
            return f"{fact.event} {fact.when}"
        case ArchiverRead():
            return fact.event
        case MarkReached(mark=Mark.DISASTER_INJECTED | Mark.RECOVERY_FINISHED | Mark.WORKLOAD_STOPPED):
            return fact.mark
    return ""


def test_a_detect_check_that_is_violated_before_the_disaster_ends_the_drill(world: World, tmp_path: Path) -> None:
    """It would notice every disaster at once, and prove nothing."""
    phases = ended(world, tmp_path, detect=[Alarm(always=True)])
    assert phases[Phase.PROTECT] == (
        Outcome.FAILED,
        "a detect check is violated already, so it could notice no disaster: alarm: db: Smoke.",
    )
    assert Phase.STEADY not in phases


@pytest.mark.parametrize("checks", [[AnyCheck()], [Alarm(), AnyCheck()]])
def test_what_a_detect_check_compares_with_is_remembered_once(
    world: World, tmp_path: Path, checks: list[AnyCheck]
) -> None:
    """Before the disaster, also where it is a check of the recovered system too."""
    ended(world, tmp_path, detect=[Alarm()], checks=checks)
    taken = [fact.says for fact in world.journal.facts if isinstance(fact, ManifestTaken)]
    assert taken == ["No smoke."]


def test_a_disaster_that_took_long_to_confirm_may_have_been_noticed_in_time(world: World, tmp_path: Path) -> None:
    """The ledger's failure is dated when it was observed, not when it was asked for."""
    world.ledgers.running = Failing
    phases = ended(world, tmp_path, disaster=[SlowToConfirm(service="db")])
    assert phases[Phase.DETECT] == (Outcome.OK, "")
    assert marks(world)[Mark.DETECTED] == pytest.approx(0.004)


def test_what_the_injection_itself_broke_is_no_sign_of_a_damage(world: World, tmp_path: Path) -> None:
    """A service that stays up may be restarted for it: only what begins to fail afterwards tells."""
    world.ledgers.running = Hiccup
    assert ended(world, tmp_path, disaster=[Damage(service="db")])[Phase.DETECT][0] == Outcome.TIMED_OUT
    world.journal.facts.clear()
    assert ended(world, tmp_path, disaster=[SlowToConfirm(service="db")])[Phase.DETECT] == (Outcome.OK, "")


def test_a_disaster_that_nobody_notices_is_waited_for(world: World, tmp_path: Path) -> None:
    """As long as is allowed, no longer."""
    phases = ended(world, tmp_path)
    assert phases[Phase.DETECT] == (Outcome.TIMED_OUT, "nobody noticed the disaster within 60 s")
    assert Phase.RECOVER not in phases


def test_a_disaster_that_missed_is_not_marked_as_confirmed(world: World, tmp_path: Path) -> None:
    """The mark says that the damage was seen."""
    phases = ended(world, tmp_path, disaster=[Missing(service="db")])
    assert phases[Phase.DISASTER] == (
        Outcome.FAILED,
        "the disaster was not confirmed, so nothing was tested: All is well.",
    )
    assert list(marks(world)) == [Mark.DISASTER_INJECTED, Mark.WORKLOAD_STOPPED]


def test_a_ledger_that_dies_on_watch_fails_the_watch(world: World, tmp_path: Path) -> None:
    """Not timed out: nobody could have noticed anything."""
    world.ledgers.running = Dying
    phases = ended(world, tmp_path, detect=[Alarm()])
    assert phases[Phase.DETECT] == (Outcome.FAILED, "the ledger's process is gone")
