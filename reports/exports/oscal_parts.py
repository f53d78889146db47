"""What OSCAL documents of ours are put together from.

All ids are UUIDs of version 5 over the run's id and a path, so that the same evidence gives the same bytes, and so that
a risk has the same id in assessment results and in a plan of action. Rules of OSCAL 1.2.3 that are kept here: no array
is empty, values of properties are one line, tokens begin with a letter, times have a zone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reports.population import AsOf

OSCAL_VERSION: Final = "1.2.3"
NS: Final = "urn:drillmaster:oscal"
"""The namespace of our own properties."""
Part = dict[str, Any]
_TOOL = "Drillmaster"


def uid(*path: str) -> str:
    """Return the id of what stands at a path; the first part is a run's id, or what else is unique in the world."""
    return str(uuid5(NAMESPACE_URL, "/".join((NS, *path))))


def line(text: str) -> str:
    """Return a text as one line that is not empty."""
    return " ".join(text.split()) or "none"


def token(name: str) -> str:
    """Return a name as a token: it begins with a letter and holds letters, digits, dots, dashes and underscores."""
    plain = re.sub(r"[^\w.-]", "-", name)
    return plain if re.match(r"[^\W\d]", plain) else f"n-{plain}"


def without_gaps(part: Mapping[str, Any]) -> Part:
    """Return a part without what it does not have: empty texts and arrays are not allowed, only absent ones."""
    return {name: value for name, value in part.items() if value not in (None, "", [], {})}


def properties(values: Mapping[str, object]) -> list[Part]:
    """Return figures and words as properties in our namespace; what is None is left out."""
    return [
        {"name": token(name), "ns": NS, "value": line(_written(value))}
        for name, value in values.items()
        if value is not None
    ]


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def later(utc: str, seconds: float) -> str:
    """Return the moment so many seconds after a moment, both in UTC."""
    moment = datetime.fromisoformat(utc) + timedelta(seconds=seconds)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def end_of_day(date: str) -> str:
    """Return the last second of a date, YYYY-MM-DD, in UTC."""
    return f"{date}T23:59:59Z"


def metadata(title: str, as_of: AsOf, people: Iterable[tuple[str, str]]) -> Part:
    """Return a document's head; `people` are pairs of role and pseudonymous id: names stand in a file of its own."""
    known = sorted(set(people))
    return without_gaps(
        {
            "title": line(title),
            "last-modified": as_of.utc,
            "version": f"as of register entry {as_of.entry}",
            "oscal-version": OSCAL_VERSION,
            "roles": [{"id": role, "title": role} for role in sorted({token(role) for role, _ in known})],
            "parties": [_party(person) for person in sorted({person for _, person in known})],
        }
    )


def _party(person: str) -> Part:
    ids = [{"scheme": "urn:drillmaster:person", "id": line(person)}]
    return {"uuid": uid("person", person), "type": "person", "external-ids": ids}


def by(role: str, person: str) -> Part:
    """Return who is responsible, in which role."""
    return {"role-id": token(role), "party-uuids": [uid("person", person)]}


def tool(version: str) -> Part:
    """Return the instrument as an assessment asset."""
    component = {
        "uuid": uid("tool", version),
        "type": "software",
        "title": _TOOL,
        "description": "Destroys and recovers a lab built from a declared scenario, and measures the recovery.",
        "props": [{"name": "version", "value": line(version)}],
        "status": {"state": "operational"},
    }
    platform = {
        "uuid": uid("platform", version),
        "title": "The machine that the drill ran on",
        "uses-components": [{"component-uuid": component["uuid"]}],
    }
    return {"components": [component], "assessment-platforms": [platform]}


def origins(version: str) -> list[Part]:
    """Return that the instrument found it out."""
    return [{"actors": [{"type": "tool", "actor-uuid": uid("tool", version)}]}]
