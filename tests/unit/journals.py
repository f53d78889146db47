"""Facts for tests that need a journal."""

from __future__ import annotations

from reports.facts.events import Objectives, RunPlanned

PLANNED = RunPlanned(
    run="20260101T000000Z-abcd",
    drill="a-drill",
    title="A drill",
    system="orders",
    owner="us",
    effective_drill={},
    drill_sha256="0" * 64,
    objectives=Objectives(rto_s=60, rpo_s=1, give_up_s=600),
    seed=1,
    recover_to="latest",
    version="0",
    operator="somebody",
)
