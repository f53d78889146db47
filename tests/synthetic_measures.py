"""What is measured beside RTO and RPO, as it stands in a record: for the renderers' tests."""

from __future__ import annotations

from reports.facts.events import Outcome, Phase, Verdict
from reports.record import (
    ArchiverRow,
    CriticalStep,
    FullSpeed,
    PhaseRow,
    PreviousRun,
    RatePicture,
    SettingDifference,
    Timing,
)

MARKS = {
    "disaster_injected": 0.0,
    "detected": 0.041,
    "disaster_confirmed": 0.253,
    "declared": 0.253,
    "recovery_started": 0.253,
    "recovery_finished": 5.486,
    "workload_stopped": 9.1,
    "verified": 9.102,
    "outage_began": 0.041,
    "service_restored": 6.845,
}

PHASES = tuple(
    PhaseRow(phase=phase, offset_s=start, seconds=end - start, outcome=Outcome.OK)
    for phase, start, end in (
        (Phase.PROVISION, -21.4, -19.9),
        (Phase.PREPARE, -19.9, -17.0),
        (Phase.PROTECT, -17.0, -10.9),
        (Phase.STEADY, -10.9, -0.01),
        (Phase.DISASTER, -0.01, 0.253),
        (Phase.DETECT, 0.253, 0.253),
        (Phase.RECOVER, 0.253, 5.486),
        (Phase.SETTLE, 5.486, 8.1),
        (Phase.CHECK, 8.1, 9.102),
        (Phase.COLLECT, 9.102, 9.3),
        (Phase.TEAR_DOWN, 9.3, 9.807),
    )
)

RATE = RatePicture(
    bin_s=0.1,
    from_s=-5.0,
    acknowledged=(
        *(20 + number % 3 - 1 for number in range(50)),
        *(0 for _ in range(68)),
        *(4, 9, 12, 15, 16, 19),
        *(20 + number % 3 - 1 for number in range(15)),
    ),
    failed=(*(0 for _ in range(50)), *(10 + number % 2 for number in range(68)), *(0 for _ in range(21))),
)

FULL_SPEED = FullSpeed(
    before_per_s=200.0,
    threshold_per_s=180.0,
    reached_s=7.21,
    window_s=1.0,
    says="The workload had 90% of its 200 writes/s 365 ms after the service was back.",
)

CRITICAL = CriticalStep(
    name="playbook: restore-with-pgbackrest.yml",
    seconds=3.918,
    share=0.572,
    says="playbook: restore-with-pgbackrest.yml takes 3.92 s, 57% of the recovery time; its longest task is "
    "“Restore it into the empty volume”, 2.2 s.",
)

PREVIOUS = PreviousRun(
    run="2026-11-20T054101Z-postgres-volume-loss-03d2",
    started_utc="2026-11-20T05:41:01.120034Z",
    verdict=Verdict.PASS,
    rto_s=7.902,
    rpo_at_most_s=0.512,
    drill_sha256="9b" * 32,
)

ARCHIVERS = (
    ArchiverRow(
        service="db",
        archived=9,
        failed=0,
        waiting=1,
        last_archived="00000001000000000000000B",
        last_archived_age_s=0.71,
        says="9 files archived, none failed; the last one 710 ms before the disaster.",
    ),
)

DIFFERENCES = (
    SettingDifference(service="db", setting="max_parallel_workers", here="2", source="16", against="production"),
    SettingDifference(service="db", setting="shared_buffers", here="128MB", source="8GB", against="production"),
    SettingDifference(
        service="db", setting="restore_command", here="pgbackrest archive-get", source="", against="before-disaster"
    ),
)

TIMING = Timing(
    cpus=2,
    memory="23.5 GiB",
    load_before=0.81,
    load_after=1.42,
    steal_share=0.031,
    pressure={"cpu": 0.12, "io": 0.04, "memory": 0.0},
    other_labs=1,
    other_containers=3,
    limits={"db": "memory 1 GiB"},
    fsync_s=0.00011,
    durability="A small durable write took 0.11 ms: faster than a disk is. Durability is not proven here.",
    cold="The restored files were just written, and so in the page cache; the server's own cache was empty.",
)
