"""What every OSCAL document is held to: NIST's schema where it is at hand, trestle, references that resolve."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jsonschema_rs

ROOT = Path(__file__).parents[1]
SCHEMAS = Path(os.environ.get("OSCAL_SCHEMAS", ROOT.parent / "shared" / "oscal"))
MODELS = {"assessment-results": "ar", "plan-of-action-and-milestones": "poam"}
DEFINING = {"uuid"}


@functools.cache
def nist(model: str) -> jsonschema_rs.Draft7Validator:
    """Return the validator of NIST's schema for a model; skips where the schemas are not at hand."""
    import jsonschema_rs

    path = SCHEMAS / f"nist-oscal-1.2.3-{MODELS[model]}-schema.json"
    if not path.exists():
        pytest.skip(f"no {path.name} in {SCHEMAS}: name its directory in OSCAL_SCHEMAS")
    return jsonschema_rs.Draft7Validator(json.loads(path.read_text()), validate_formats=True)


def accepted_by_nist(document: dict[str, Any]) -> None:
    """Hold a document to NIST's own schema; every mistake is told."""
    mistakes = [f"{error.instance_path}: {error.message}" for error in nist(_model(document)).iter_errors(document)]
    assert mistakes == []


def accepted_by_trestle(document: dict[str, Any]) -> None:
    """Hold a document to trestle's classes and validators."""
    from trestle.oscal.assessment_results import AssessmentResults
    from trestle.oscal.poam import PlanOfActionAndMilestones

    kinds = {"assessment-results": AssessmentResults, "plan-of-action-and-milestones": PlanOfActionAndMilestones}
    model = _model(document)
    kinds[model].model_validate(document[model])


def references_resolve(document: dict[str, Any]) -> None:
    """Every id stands once; every reference to one leads somewhere; no array is empty."""
    ids = [value for name, value in _leaves(document) if name in DEFINING]
    assert sorted(ids) == sorted(set(ids))
    known = set(ids)
    referred = {value for name, value in _leaves(document) if name.endswith(("-uuid", "-uuids"))}
    referred |= {value[1:] for name, value in _leaves(document) if name == "href" and value.startswith("#")}
    assert referred - known == set()
    roles = {value for name, value in _leaves(document) if name == "role-id"}
    named = {role["id"] for role in document[_model(document)]["metadata"].get("roles", [])}
    assert roles - named == set()
    assert [name for name, value in _arrays(document) if not value] == []


def _model(document: dict[str, Any]) -> str:
    return next(iter(document))


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, key)
    elif isinstance(value, list):
        for child in value:
            yield from _leaves(child, name)
    else:
        yield name, value


def _arrays(value: Any, name: str = "") -> Iterator[tuple[str, list[Any]]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _arrays(child, key)
    elif isinstance(value, list):
        yield name, value
        for child in value:
            yield from _arrays(child, name)
