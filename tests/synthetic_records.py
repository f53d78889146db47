"""Four records as a judge would make them, for the renderers' tests: pass, failure, control, aborted."""

from __future__ import annotations

from synthetic_measures import (
    ARCHIVERS,
    CRITICAL,
    DIFFERENCES,
    FULL_SPEED,
    MARKS,
    PHASES,
    PREVIOUS,
    RATE,
    TIMING,
)

from reports.facts.events import FileDigest, Finding, Outcome, Phase, State, Verdict
from reports.record import (
    CheckRow,
    Control,
    DrillInfo,
    Example,
    Flap,
    Image,
    JournalHead,
    LedgerWrites,
    Objective,
    PhaseRow,
    RatePicture,
    Record,
    Rpo,
    Rto,
    RtoPart,
    ServiceRow,
    StepRow,
    TaskRow,
    TimelineRow,
    WriteClass,
)

HELD, VIOLATED, UNKNOWN = State.HELD, State.VIOLATED, State.UNKNOWN


def held(name: str, says: str, **seen: object) -> Finding:
    """Return a finding without a fault."""
    return Finding(name=name, state=HELD, says=says, seen=seen)


INSTRUMENT = (
    held(
        "enough-acknowledgements",
        "2,431 writes were acknowledged in the steady phase, 99.8 % of the stated rate",
        acknowledged=2431,
        least=100,
        rate_share=0.998,
    ),
    held("last-acknowledgement", "the last acknowledgement came 3 ms before the disaster", gap_s=0.003, limit_s=0.015),
    held("ledger-closed", "the ledger closed, and its counts agree with its files"),
    held(
        "unexplained-share",
        "0.031 s of the recovery time belong to no part; 0.250 s are allowed",
        unexplained_s=0.031,
        limit_s=0.25,
    ),
)

CONTENT = held(
    "postgres-content",
    "4 tables and 3 sequences are as they were at the end of protect",
    tables=4,
    rows=1_000_110,
    excluded=["drillmaster_ledger"],
    manifest_sha256="5f" * 32,
)
AMCHECK = held("postgres-amcheck", "no damage in 9 tables and indexes", relations=9, errors=0)
NO_EGRESS = held(
    "no-egress",
    "gateway, host, DNS and internet do not answer from inside the lab",
    tried=["gateway", "host", "dns", "internet"],
    answered=[],
)
CONFIRMED = held(
    "disaster-confirmed",
    "the volume data of db is gone and its container does not run",
    volume="absent",
    container="exited (137)",
)

PARTS = (
    RtoPart(name="noticed by the ledger", kind="detect", seconds=0.041, started_s=0.0),
    RtoPart(name="damage confirmed", kind="confirm", seconds=0.212, started_s=0.041),
    RtoPart(name="replace: db", kind="step", seconds=0.874, started_s=0.253),
    RtoPart(name="playbook: restore-with-pgbackrest.yml", kind="step", seconds=3.918, started_s=1.127),
    RtoPart(name="start: db", kind="step", seconds=0.441, started_s=5.045),
    RtoPart(name="WAL replay", kind="replay", seconds=1.306, started_s=5.486),
    RtoPart(name="first acknowledged write", kind="first-write", seconds=0.022, started_s=6.792),
    RtoPart(name="unexplained", kind="unexplained", seconds=0.031, started_s=6.814),
)

TASKS = (
    TaskRow(task="Find the newest backup", service="db", outcome=Outcome.OK, seconds=0.412),
    TaskRow(task="Restore it into the empty volume", service="db", outcome=Outcome.OK, seconds=2.204),
    TaskRow(
        task="Set the recovery target", service="db", outcome=Outcome.SKIPPED, seconds=0.031, says="target is latest"
    ),
)

STEPS = (
    StepRow(
        phase=Phase.PREPARE,
        number=1,
        kind="command",
        title="command: pgbench -i -q -s 10",
        outcome=Outcome.OK,
        seconds=2.871,
    ),
    StepRow(
        phase=Phase.PROTECT,
        number=1,
        kind="playbook",
        title="playbook: back-up-with-pgbackrest.yml",
        outcome=Outcome.OK,
        seconds=6.120,
        tasks=(TaskRow(task="Take a full backup", service="db", outcome=Outcome.OK, seconds=4.711),),
    ),
    StepRow(phase=Phase.RECOVER, number=1, kind="replace", title="replace: db", outcome=Outcome.OK, seconds=0.874),
    StepRow(
        phase=Phase.RECOVER,
        number=2,
        kind="playbook",
        title="playbook: restore-with-pgbackrest.yml",
        outcome=Outcome.OK,
        seconds=3.918,
        tasks=TASKS,
    ),
    StepRow(phase=Phase.RECOVER, number=3, kind="start", title="start: db", outcome=Outcome.OK, seconds=0.441),
)

TIMELINE = (
    TimelineRow(offset_s=-21.482, utc="2026-11-21T05:43:44.637002Z", what="run planned", detail="criteria fixed"),
    TimelineRow(offset_s=-19.911, utc="2026-11-21T05:43:46.208121Z", what="lab ready", duration_s=1.571),
    TimelineRow(offset_s=-17.004, utc="2026-11-21T05:43:49.115410Z", what="ledger started", detail="2 writers, 200/s"),
    TimelineRow(offset_s=-16.998, utc="2026-11-21T05:43:49.121004Z", what="protect", duration_s=6.120),
    TimelineRow(
        offset_s=0.0, utc="2026-11-21T05:44:06.119408Z", what="disaster injected", detail="delete-volume db/data"
    ),
    TimelineRow(offset_s=0.041, utc="2026-11-21T05:44:06.160391Z", what="detected", detail="first failed write"),
    TimelineRow(offset_s=0.253, utc="2026-11-21T05:44:06.372498Z", what="disaster confirmed"),
    TimelineRow(offset_s=0.253, utc="2026-11-21T05:44:06.372711Z", what="recovery started"),
    TimelineRow(offset_s=5.486, utc="2026-11-21T05:44:11.605530Z", what="recovery finished", duration_s=5.233),
    TimelineRow(
        offset_s=6.845, utc="2026-11-21T05:44:12.964802Z", what="service restored", detail="first lasting write"
    ),
    TimelineRow(offset_s=9.102, utc="2026-11-21T05:44:15.221660Z", what="verified"),
    TimelineRow(offset_s=9.807, utc="2026-11-21T05:44:15.926733Z", what="lab removed"),
)

ENVIRONMENT = {
    "machine": {"cpus": 2, "memory_bytes": 8_331_243_520, "kernel": "6.1.0-28-amd64", "processor": "x86_64"},
    "engine": {"docker": "20.10.24", "api": "1.41", "storage": "overlay2"},
    "python": "3.11.2",
    "clock": {"source": "CLOCK_MONOTONIC", "resolution_ns": 1},
}

NOT_PROVEN = (
    "That the production system recovers: this was a lab of containers on one machine.",
    "Recovery time at production size: the database held 160 MB.",
    "Loss of the backup repository's own site: the repository was a volume on the same machine.",
    "People: nobody was called, and no assumed time was declared.",
)


NO_RPO = Rpo(at_least_s=None, at_most_s=None, transactions=None, wal_bytes=None, resolution_s=None, method="none")
NO_RTO = Rto(achieved_s=None, assumed_people_s=0.0, parts=(), unexplained_s=None, time_to_verified_s=None)


def _counts(**known: int) -> dict[WriteClass, int]:
    return {name: known.get(name.value.replace("-", "_"), 0) for name in WriteClass}


PASSED = Record(
    run="2026-11-21T054344Z-postgres-volume-loss-7c1e",
    drill=DrillInfo(
        name="postgres-volume-loss",
        title="The database's disk is gone; restore it from pgBackRest and replay the archived WAL",
        system="orders",
        owner="data-platform",
        sha256="9b" * 32,
    ),
    verdict=Verdict.PASS,
    sentence="Back after 6.84 s (promised: 2 min); at most 690 ms of acknowledged writes were lost (allowed: 5 s).",
    altered=(),
    control=None,
    sabotage=(),
    recover_to="latest",
    operator="amelie",
    trigger="manual",
    seed=4711,
    started_utc="2026-11-21T05:43:44.637002Z",
    ended_utc="2026-11-21T05:44:16.004127Z",
    objectives=(
        Objective(
            name="rto",
            objective_s=120.0,
            achieved="6.84 s",
            at_least_s=6.845,
            at_most_s=6.845,
            state=HELD,
            says="writes were acknowledged again, without a break, 6.84 s after the disaster",
        ),
        Objective(
            name="rpo",
            objective_s=5.0,
            achieved="at least 685 ms, at most 690 ms",
            at_least_s=0.685,
            at_most_s=0.690,
            state=HELD,
            says="137 acknowledged writes were lost, the first of them 685 ms before the end",
        ),
    ),
    findings=(CONFIRMED, CONTENT, AMCHECK, NO_EGRESS),
    instrument=INSTRUMENT,
    rto=Rto(
        achieved_s=6.845,
        assumed_people_s=0.0,
        parts=PARTS,
        unexplained_s=0.031,
        time_to_verified_s=9.102,
    ),
    rpo=Rpo(
        at_least_s=0.685,
        at_most_s=0.690,
        transactions=137,
        wal_bytes=16_777_216,
        resolution_s=0.005,
        method="the ledger's acknowledged writes against the rows of the recovered table",
    ),
    writes=(
        LedgerWrites(
            service="db",
            counts=_counts(kept=3212, lost=137, in_doubt_absent=2, unsent=311, later_present=455),
            total=4117,
            examples={
                WriteClass.LOST: tuple(
                    Example(writer=number % 2, sequence=1607 + number // 2, offset_s=-0.685 + number * 0.005)
                    for number in range(10)
                )
            },
        ),
    ),
    timeline=TIMELINE,
    marks=MARKS,
    phases=PHASES,
    full_speed=FULL_SPEED,
    critical_step=CRITICAL,
    rate=RATE,
    previous=PREVIOUS,
    archivers=ARCHIVERS,
    differences=DIFFERENCES,
    timing=TIMING,
    steps=STEPS,
    checks=(
        CheckRow(kind="postgres-content", title="postgres-content: db", seconds=1.611, findings=(CONTENT,)),
        CheckRow(kind="postgres-amcheck", title="postgres-amcheck: db", seconds=0.604, findings=(AMCHECK,)),
        CheckRow(kind="no-egress", title="no-egress: db", seconds=2.014, findings=(NO_EGRESS,)),
    ),
    images=(Image(service="db", image="drillmaster/postgres:15", image_id="sha256:" + "3e" * 32, how="built"),),
    services=(
        ServiceRow(
            service="db",
            type="postgres",
            version="15.14",
            settings={"archive_timeout": "2s", "synchronous_commit": "on", "wal_compression": "lz4", "fsync": "on"},
        ),
    ),
    environment=ENVIRONMENT,
    procedures=(
        FileDigest(path="playbooks/back-up-with-pgbackrest.yml", sha256="a1" * 32),
        FileDigest(path="playbooks/restore-with-pgbackrest.yml", sha256="c4" * 32),
    ),
    not_proven=NOT_PROVEN,
    lab_removed=True,
    lab_says="1 container, 2 volumes and 1 network were removed",
    journal=JournalHead(sha256="d2" * 32, entries=61),
    version="0.1.0",
    judged_by="0.1.0",
)

_HOLES = Finding(
    name="no-holes",
    state=VIOLATED,
    says="1 lost write was acknowledged before the attempt of a kept one",
    seen={"holes": 1, "first": {"writer": 0, "sequence": 1598}},
)

FAILED = PASSED.model_copy(
    update={
        "run": "2026-11-21T061203Z-postgres-volume-loss-a90f",
        "verdict": Verdict.FAIL,
        "sentence": "Service was not back within the 10 min watched; the promise was 500 ms.",
        "altered": ("objectives.rto=500ms", "objectives.given_up=1s"),
        "recover_to": "before-disaster",
        "objectives": (
            Objective(
                name="rto",
                objective_s=0.5,
                achieved="more than 10 min",
                at_least_s=600.0,
                at_most_s=None,
                state=VIOLATED,
                says="no write was acknowledged for good within the 10 min the engine waited",
            ),
            Objective(
                name="rpo",
                objective_s=5.0,
                achieved="at least 2.1 s, at most 7.93 s",
                at_least_s=2.1,
                at_most_s=7.93,
                state=VIOLATED,
                says="nothing between 7.93 s and 2.1 s before the end was kept",
            ),
            Objective(
                name="given-up",
                objective_s=1.0,
                achieved="not known",
                at_least_s=None,
                at_most_s=None,
                state=UNKNOWN,
                says="the server's clock was known only to within 81 ms; 50 ms are needed",
            ),
        ),
        "findings": (
            CONFIRMED,
            CONTENT.model_copy(
                update={"state": VIOLATED, "says": "table pgbench_accounts has 12 rows fewer than before"}
            ),
            Finding(name="postgres-amcheck", state=UNKNOWN, says="pg_amcheck is not in the image of db"),
            NO_EGRESS,
            _HOLES,
        ),
        "rto": Rto(
            achieved_s=None,
            more_than_s=600.0,
            assumed_people_s=150.0,
            parts=(
                *PARTS[:4],
                RtoPart(name="somebody notices", kind="detect", seconds=90.0, started_s=0.0, assumed=True),
                RtoPart(name="recovery is decided", kind="decide", seconds=60.0, started_s=0.0, assumed=True),
            ),
            unexplained_s=None,
            flaps=(Flap(from_s=5.91, to_s=6.33, writes=83), Flap(from_s=12.02, to_s=12.4, writes=61)),
            time_to_verified_s=None,
        ),
        "writes": (
            LedgerWrites(
                service="db",
                counts=_counts(kept=2910, lost=439, in_doubt_present=1, unexpected=2, corrupt=1, refused=4),
                total=3357,
                examples={
                    WriteClass.LOST: (Example(writer=0, sequence=1598, offset_s=-7.93),),
                    WriteClass.UNEXPECTED: (Example(writer=7, sequence=99, offset_s=None),),
                    WriteClass.CORRUPT: (Example(writer=1, sequence=12, offset_s=-15.2),),
                },
            ),
        ),
        "steps": (
            *STEPS[:3],
            STEPS[3].model_copy(
                update={
                    "outcome": Outcome.FAILED,
                    "says": "pgbackrest restore ended with code 82: unable to find a valid repository",
                    "tasks": (
                        TASKS[0],
                        TaskRow(
                            task="Restore it into the empty volume",
                            service="db",
                            outcome=Outcome.FAILED,
                            seconds=1.2,
                            says="ERROR: [082]: WAL segment 00000001000000000000000A was not archived",
                        ),
                    ),
                }
            ),
        ),
        "marks": {name: MARKS[name] for name in MARKS if name not in {"service_restored", "verified"}}
        | {"workload_stopped": 450.0},
        "phases": (
            *PHASES[:7],
            PhaseRow(phase=Phase.SETTLE, offset_s=5.486, seconds=444.514, outcome=Outcome.TIMED_OUT),
            PhaseRow(phase=Phase.CHECK, offset_s=450.0, seconds=1.3, outcome=Outcome.OK),
        ),
        "full_speed": None,
        "critical_step": None,
        "rate": RatePicture(
            bin_s=1.0,
            from_s=-5.0,
            acknowledged=(
                201,
                199,
                200,
                202,
                198,
                *(0 for _ in range(5)),
                83,
                *(0 for _ in range(6)),
                61,
                *(0 for _ in range(437)),
            ),
            failed=tuple(0 if second < 5 or second in {10, 17} else 12 for second in range(455)),
        ),
        "lab_removed": False,
        "lab_says": "kept on request; `drillmaster sweep` removes it",
    }
)

CONTROL = PASSED.model_copy(
    update={
        "run": "2026-11-21T063311Z-quiet-server-02bd",
        "drill": DrillInfo(
            name="quiet-server",
            title="A quiet server whose ledger never wrote must not pass",
            system="orders",
            owner="data-platform",
            sha256="77" * 32,
        ),
        "verdict": Verdict.INCONCLUSIVE,
        "sentence": "The ledger acknowledged no write before the disaster, so nothing could be measured.",
        "control": Control(
            expected=Verdict.INCONCLUSIVE,
            by=("enough-acknowledgements",),
            caught=True,
            sentence="Caught: INCONCLUSIVE by enough-acknowledgements, as expected.",
        ),
        "sabotage": ("stop-ledger: {service: db}",),
        "objectives": tuple(
            objective.model_copy(
                update={
                    "achieved": "not known",
                    "at_least_s": None,
                    "at_most_s": None,
                    "state": UNKNOWN,
                    "says": "not measured",
                }
            )
            for objective in PASSED.objectives
        ),
        "instrument": (
            Finding(
                name="enough-acknowledgements",
                state=UNKNOWN,
                says="0 writes were acknowledged in the steady phase; 100 are needed",
                seen={"acknowledged": 0, "least": 100},
            ),
            *INSTRUMENT[1:],
        ),
        "rto": NO_RTO.model_copy(update={"time_to_verified_s": 9.1}),
        "rpo": NO_RPO,
        "writes": (LedgerWrites(service="db", counts=_counts(), total=0, examples={}),),
        "marks": {name: MARKS[name] for name in MARKS if name not in {"outage_began", "service_restored"}},
        "full_speed": None,
        "critical_step": None,
        "rate": RatePicture(bin_s=0.1, from_s=0.0, acknowledged=(0,) * 90, failed=(3,) * 90),
        "previous": None,
        "differences": (),
        "archivers": (),
    }
)

ABORTED = PASSED.model_copy(
    update={
        "run": "2026-11-21T070002Z-postgres-volume-loss-51aa",
        "verdict": Verdict.ABORTED,
        "sentence": "The engine died during recover; sweep closed the journal.",
        "objectives": (),
        "findings": (CONFIRMED,),
        "instrument": (),
        "rto": NO_RTO,
        "rpo": NO_RPO,
        "writes": (),
        "timeline": TIMELINE[:7],
        "marks": {},
        "phases": PHASES[:2],
        "full_speed": None,
        "critical_step": None,
        "rate": None,
        "previous": None,
        "archivers": (),
        "differences": (),
        "timing": None,
        "steps": STEPS[:3],
        "checks": (),
        "services": (),
        "images": (),
        "environment": {},
        "procedures": (),
        "not_proven": (),
        "lab_removed": None,
        "lab_says": "",
        "ended_utc": "",
    }
)

RECORDS = (PASSED, FAILED, CONTROL, ABORTED)
