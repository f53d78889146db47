"""A replica of a Redis on real servers: how it is made, what takes over and what refuses to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from labs import lab_of

from orchestrator.core import watch
from orchestrator.core.errors import StepFailedError
from orchestrator.core.files import DRILLS, PLAYBOOKS
from orchestrator.core.procedures import run_playbook
from orchestrator.kinds.sabotage.stall_replica import StallReplica
from orchestrator.kinds.workloads.ledger import Ledger
from reports.facts.events import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.core.lab import Lab

pytestmark = pytest.mark.acceptance

MAKE, FAIL_OVER = (PLAYBOOKS / f"{name}.yml" for name in ("make-a-redis-replica", "fail-over-to-the-redis-replica"))


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Return a lab whose `cache` holds a key, and whose `replica` follows it."""
    with lab_of(DRILLS / "redis-fail-over-asynchronous.yaml", tmp_path) as lab:
        lab.sql("cache", "SET one 1")
        lab.launch("replica")
        run_playbook(lab, MAKE, {}, timeout_s=60)
        yield lab


def refused(lab: Lab, playbook: Path, **settings: object) -> str:
    """Return why a playbook refused."""
    with pytest.raises(StepFailedError) as caught:
        run_playbook(lab, playbook, settings, timeout_s=60)
    return caught.value.message


def test_the_old_primary_is_stopped_and_clients_go_on_at_the_new_one(lab: Lab) -> None:
    """All that it acknowledged is there, and the ledger writes on where the endpoint leads."""
    lab.loaded.drill.workload[0].prepare(lab)
    ledger = lab.ledgers["app"] = Ledger(service="app", writers=4).start(lab)
    try:
        watch.wait_for_acknowledgement(ledger, lab.clock.monotonic_ns(), 10)
        run_playbook(lab, FAIL_OVER, {}, timeout_s=60)
        assert (lab.behind("app"), lab.is_running("cache")) == ("replica", False)
        watch.wait_for_acknowledgement(ledger, lab.clock.monotonic_ns(), 10)
    finally:
        ledger.kill()
    assert lab.sql("app", "GET one") == [("1",)]


def test_a_fail_over_that_could_lose_what_lives_is_refused(lab: Lab) -> None:
    """Beside a primary that answers, whatever is said; to a server that follows nobody; and none is made of one."""
    assert "task 'Refuse while the old primary answers' failed on replica" in refused(lab, FAIL_OVER, fenced=True)
    assert lab.behind("app") == "cache"
    says = "cache: follows nobody and holds keys of its own: empty it first, or choose another machine"
    assert refused(lab, MAKE, primary="replica", replica="cache").endswith(says)
    lab.kill("cache")
    lab.sql("replica", "REPLICAOF NO ONE")
    assert refused(lab, FAIL_OVER, fenced=True).endswith("replica: is no replica")


def test_a_stalled_replica_falls_behind(lab: Lab) -> None:
    """It answers reads as before; what it lacks is counted."""
    spoil = StallReplica.model_validate({"service": "replica", "of": "app", "within": "500ms"})
    assert spoil.spoil(lab).state == State.VIOLATED
    lab.sql("cache", "SET two 2")
    assert spoil.spoil(lab).state == State.HELD
    assert lab.sql("replica", "GET one\nGET two") == []
