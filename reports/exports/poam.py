"""OSCAL's plan of action and milestones of one system: what its runs violated, and what is done about it.

Format: NIST OSCAL 1.2.3, plan-of-action-and-milestones (https://pages.nist.gov/OSCAL/reference/).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from reports.exports.oscal_parts import Part, line, metadata, tool, uid, without_gaps
from reports.exports.oscal_run import observations, resources, risks, system

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.exports.oscal import Subject
    from reports.population import AsOf


def plan_of_action(name: str, subjects: Sequence[Subject], as_of: AsOf) -> Part | None:
    """Return the plan of the system `name`, from those of its runs that left something to mend; None: none did."""
    weak = [subject for subject in subjects if risks(subject.record, subject.actions)]
    if not weak:
        return None
    versions = sorted({subject.record.version for subject in weak})
    assets = [tool(version) for version in versions]
    owners = [("owner", action.owner) for subject in weak for action in subject.actions]
    found = {
        "uuid": uid("poam", name, str(as_of.entry), *(subject.record.run for subject in weak)),
        "metadata": metadata(f"What is to be mended in the recovery of {name}", as_of, owners),
        "system-id": {"identifier-type": "urn:drillmaster:system", "id": line(name)},
        "local-definitions": {
            "components": [system(name)],
            "assessment-assets": {key: list(chain.from_iterable(asset[key] for asset in assets)) for key in assets[0]},
        },
        "observations": [seen for subject in weak for seen in _seen(subject)],
        "risks": [risk for subject in weak for risk in risks(subject.record, subject.actions)],
        "poam-items": [item for subject in weak for item in _items(subject)],
        "back-matter": {
            "resources": [part for subject in weak for part in resources(subject.record, subject.files, subject.where)]
        },
    }
    return {"plan-of-action-and-milestones": found}


def _seen(subject: Subject) -> list[Part]:
    """Return those observations of a run that its risks refer to."""
    meant = {
        related["observation-uuid"]
        for risk in risks(subject.record, subject.actions)
        for related in risk["related-observations"]
    }
    return [one for one in observations(subject.record) if one["uuid"] in meant]


def _items(subject: Subject) -> list[Part]:
    return [
        without_gaps(
            {
                "uuid": uid(risk["uuid"], "item"),
                "title": risk["title"],
                "description": risk["description"],
                "related-observations": risk["related-observations"],
                "related-risks": [{"risk-uuid": risk["uuid"]}],
                "remarks": line(f"Run {subject.record.run} of {subject.record.drill.name}."),
            }
        )
        for risk in risks(subject.record, subject.actions)
    ]
