"""What a run is judged by: fixed, with all it depends on, before anything is built."""

from __future__ import annotations

import getpass
import hashlib
from typing import TYPE_CHECKING

import orchestrator
from orchestrator.core.tiers import services_of
from orchestrator.core.uses import kinds_of, procedures_of
from orchestrator.core.watch import give_up_s
from reports.facts.events import Expectation, FileDigest, Objectives, Programme, RunPlanned, ServiceObjectives, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.core import drill as drills
    from orchestrator.core.drill import LoadedDrill
    from orchestrator.core.lab import Lab

OF_EVERY_LAB = (
    "That production recovers as fast: the lab has its own size, disks, network and settings (see the environment).",
    "That what the disk reported flushed would survive a power cut: it was taken at its word.",
    "That the application's clients come back as soon: pools and caches of names may hold a dead address for longer.",
)
"""What no drill in a lab proves: labs are tuned, disks lie, clients are stubborn."""
OF_EVERY_LOSS = (
    "Recovery from an older backup: whatever was recovered from was taken in this run.",
    "Full speed of the application's own load after the recovery: what is timed is the ledger's small writes.",
)
"""What no drill with a disaster proves: its backups are fresh, and its writes small."""


OF_A_TABLETOP = (
    "That the system can be recovered: people talked a recovery through; nothing was destroyed, and nothing restored.",
    "That the people would answer as soon on another day, unprepared.",
)
"""What no tabletop proves."""


def criteria(lab: Lab, altered: tuple[str, ...]) -> RunPlanned:
    """Return the first fact of the run's journal; `altered` are the options that mark it ALTERED."""
    loaded, drill = lab.loaded, lab.loaded.drill
    objectives = drill.objectives
    return RunPlanned(
        run=lab.run,
        drill=drill.drill,
        title=drill.title,
        system=drill.system,
        owner=drill.owner,
        programme=Programme(
            criticality=drill.criticality,
            plan=drill.plan,
            rationale=drill.rationale,
            excluded=drill.excluded,
            participants=tuple(drill.participants),
            two_person=drill.review.two_person,
        ),
        effective_drill=loaded.effective(),
        drill_sha256=loaded.digest(),
        objectives=Objectives(
            rto_s=objectives.rto,
            rpo_s=None if objectives.rpo == "none" else objectives.rpo,
            rpo_none_because=objectives.rpo_reason,
            given_up_s=objectives.given_up,
            give_up_s=give_up_s(drill),
            detect_within_s=drill.detect_within,
            common_point_s=objectives.common_point,
            services={name: _of_service(own) for name, own in (objectives.services or {}).items()},
        ),
        altered=(*loaded.altered, *altered),
        sabotage=tuple(sabotage.title for sabotage in drill.sabotage),
        expect=Expectation(verdict=drill.expect.verdict, by=drill.expect.by) if drill.expect else None,
        seed=lab.seed,
        recover_to=drill.recover_to,
        existing=drill.existing,
        tabletop=drill.tabletop or "",
        assumed_detect_s=drill.assume.detect,
        assumed_decide_s=drill.assume.decide,
        procedures=tuple(_digest(loaded, path) for path in procedures_of(loaded)),
        not_proven=tuple(_not_proven(loaded)),
        tiers=tuple(
            Tier(name=name, after=one.after, services=services_of(name, one))
            for name, one in (drill.tiers or {}).items()
        ),
        spared=spared_services(drill),
        version=orchestrator.__version__,
        operator=getpass.getuser(),
    )


def _of_service(own: drills.ServiceObjectives) -> ServiceObjectives:
    return ServiceObjectives(
        rto_s=own.rto,
        rpo_s=None if own.rpo == "none" else own.rpo,
        rpo_none_because=own.rpo_reason if own.rpo == "none" else None,
        given_up_s=own.given_up,
    )


def spared_services(drill: drills.Drill) -> tuple[str, ...]:
    """Return the services with a ledger that no disaster and no recovery step is meant for."""
    meant = {service for disaster in drill.disaster for service in disaster.hits(drill)}
    meant |= {service for step in drill.recover for service in step.services()}
    meant |= {name for name, endpoint in drill.lab.endpoints.items() if endpoint.service in meant}
    written = (service for workload in drill.workload for service in workload.services())
    return tuple(service for service in written if service not in meant)


def _not_proven(loaded: LoadedDrill) -> Iterator[str]:
    yield from dict.fromkeys(line for kind in kinds_of(loaded) for line in kind.leaves_open)
    if loaded.drill.tabletop:
        yield from OF_A_TABLETOP
        return
    yield from OF_EVERY_LAB
    if not loaded.drill.existing:
        yield from OF_EVERY_LOSS


def _digest(loaded: LoadedDrill, file: Path) -> FileDigest:
    homes = (loaded.folder, *loaded.extended, loaded.playbooks)
    home = next((base for base in homes if file.is_relative_to(base)), file.parent)
    return FileDigest(path=file.relative_to(home).as_posix(), sha256=hashlib.sha256(file.read_bytes()).hexdigest())
