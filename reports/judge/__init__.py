"""The judge: a pure function from a run's folder to its record. Judging again gives the same record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import __version__
from reports.facts.events import Verdict
from reports.judge import circumstances, configuration, existing, story, tabletop
from reports.judge.course import Course
from reports.judge.critical import critical_step
from reports.judge.judgement import judgement, nothing_judged
from reports.judge.verdict import control, sentence, verdict_of
from reports.record import DrillInfo, JournalHead, Record

if TYPE_CHECKING:
    from reports.facts.events import RunPlanned
    from reports.folder import RunFolder
    from reports.judge.judgement import Judgement


def judge(folder: RunFolder) -> Record:
    """Return the run's record.

    Raises UnreadableFolderError when the folder's ledger is not the one its journal tells of.
    """
    course = Course.of(folder)
    if because := folder.aborted:
        nothing = tabletop.judgement(folder, course) if folder.planned.tabletop else nothing_judged(folder)
        return _record(folder, course, nothing, (Verdict.ABORTED, f"The run was not judged: {because}"))
    judged = _judgement(folder, course)
    verdict = verdict_of(judged.statements)
    return _record(folder, course, judged, (verdict, sentence(verdict, judged.statements, judged.promises)))


def _judgement(folder: RunFolder, course: Course) -> Judgement:
    if folder.planned.tabletop:
        return tabletop.judgement(folder, course)
    return existing.judgement(folder, course) if folder.planned.existing else judgement(folder, course)


def _record(folder: RunFolder, course: Course, judged: Judgement, conclusion: tuple[Verdict, str]) -> Record:
    verdict, why = conclusion
    planned = folder.planned
    removed, lab_says = story.lab_after(folder)
    return Record(
        run=planned.run,
        drill=_drill(planned),
        programme=planned.programme,
        verdict=verdict,
        sentence=why,
        altered=planned.altered,
        control=control(planned.expect, verdict, judged.statements) if planned.expect else None,
        sabotage=planned.sabotage,
        recover_to=planned.recover_to,
        existing=existing.row(folder),
        tabletop=tabletop.row(folder, course),
        operator=planned.operator,
        trigger=planned.trigger,
        seed=planned.seed,
        started_utc=folder.entries[0].at.utc,
        ended_utc=course.last.utc,
        objectives=judged.objectives,
        findings=(*judged.run, *judged.integrity),
        instrument=judged.instrument,
        rto=judged.rto,
        rpo=judged.rpo,
        by_service=judged.by_service,
        full_speed=judged.full_speed,
        critical_step=None if planned.tabletop else critical_step(folder, judged.rto, judged.by_service),
        rate=judged.rate,
        previous=circumstances.previous(folder),
        archivers=circumstances.archivers(folder),
        differences=configuration.differences(folder),
        timing=circumstances.timing(folder, course),
        backups=story.backups(folder, course),
        backup=story.backup(folder),
        writes=judged.writes,
        timeline=story.timeline(folder, course, judged.watched),
        marks=story.marks(folder, course, judged.watched),
        phases=story.phases(folder, course),
        steps=story.steps(folder),
        checks=story.checks(folder),
        images=story.images(folder),
        services=story.services(folder),
        environment=story.environment(folder),
        procedures=planned.procedures,
        not_proven=planned.not_proven,
        lab_removed=removed,
        lab_says=lab_says,
        journal=JournalHead(sha256=folder.head.head, entries=folder.head.seq),
        version=planned.version,
        judged_by=__version__,
    )


def _drill(planned: RunPlanned) -> DrillInfo:
    return DrillInfo(
        name=planned.drill,
        title=planned.title,
        system=planned.system,
        owner=planned.owner,
        sha256=planned.drill_sha256,
    )
