"""A record of a run over several services, for renderings: one lost writes, one was not back, one was spared."""

from __future__ import annotations

from synthetic_records import FAILED, FULL_SPEED, NO_RPO, PASSED, RATE

from reports.facts.events import State, Verdict
from reports.measures import Objective, Rpo, Rto, ServiceMeasures

NOTHING_LOST = Rpo(
    at_least_s=0.0,
    at_most_s=0.0,
    transactions=0,
    wal_bytes=0,
    resolution_s=0.0,
    given_up_s=0.0,
    given_up_transactions=0,
    method="the ledger",
)
NEVER_AWAY = Rto(achieved_s=0.0, assumed_people_s=0.0, parts=(), unexplained_s=None, time_to_verified_s=None)
ACCOUNTS = ServiceMeasures(
    service="accounts",
    spared=False,
    was_out=True,
    outage_began_s=0.041,
    rto=PASSED.rto,
    rpo=PASSED.rpo.model_copy(update={"given_up_s": 1.5, "given_up_transactions": 300}),
    full_speed=FULL_SPEED,
    rate=RATE,
)
SEVERAL = FAILED.model_copy(
    update={
        "run": "2026-11-21T080000Z-two-tiers-1d2e",
        "verdict": Verdict.FAIL,
        "objectives": (
            *FAILED.objectives,
            Objective(
                name="accounts.rto",
                objective_s=60.0,
                achieved="6.84 s",
                at_least_s=6.845,
                at_most_s=6.845,
                state=State.HELD,
                says="accounts: recovered in 6.84 s of 1 min allowed.",
            ),
        ),
        "by_service": (
            ACCOUNTS,
            ServiceMeasures(
                service="sessions",
                spared=False,
                was_out=True,
                outage_began_s=0.052,
                rto=FAILED.rto,
                rpo=NO_RPO,
                full_speed=None,
                rate=None,
            ),
            ServiceMeasures(
                service="cache",
                spared=True,
                was_out=False,
                outage_began_s=None,
                rto=NEVER_AWAY,
                rpo=NOTHING_LOST,
                full_speed=None,
                rate=RATE,
            ),
        ),
    }
)
