"""The JSON Schema of drill files, for editors: every kind, in each form it may be written in."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from orchestrator.core.drill import KIND_LISTS, Drill
from orchestrator.core.units import duration_source, rate_source, size_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.core.kind import Kind

JsonSchema = dict[str, Any]

_SOURCES: Mapping[str, Any] = {"duration": duration_source, "size": size_source, "rate": rate_source}


def drill_schema(kinds: Mapping[str, type[Kind]], service_types: tuple[str, ...]) -> JsonSchema:
    """Return the schema; a file with `extends` may leave out what its parent has."""
    whole = _as_in_yaml(Drill.model_json_schema())
    definitions = whole["$defs"]
    for kind in kinds.values():
        settings = settings_schema(kind)
        definitions |= settings.pop("$defs", {})
        definitions[kind.kind] = settings
    for sort in KIND_LISTS.values():
        definitions[sort.__name__] = _items({name: kind for name, kind in kinds.items() if issubclass(kind, sort)})
    definitions["Service"]["properties"]["type"]["enum"] = list(service_types)
    whole["properties"]["extends"] = {
        "type": "string",
        "description": "Drill that this one is laid over: its file, or a shipped name.",
    }
    whole["if"] = {"not": {"required": ["extends"]}}
    whole["then"] = _required(whole)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def settings_schema(kind: type[Kind]) -> JsonSchema:
    """Return the schema of a kind's settings, its defaults as they stand in YAML."""
    schema: JsonSchema = _as_in_yaml(kind.model_json_schema())
    return schema


def summary(kind: type[Kind]) -> str:
    """Return the first paragraph of a kind's docstring, on one line."""
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def _items(kinds: Mapping[str, type[Kind]]) -> JsonSchema:
    """Return what one item of a list of these kinds may be: one key that names a kind, or the bare name."""
    bare = [name for name, kind in kinds.items() if not settings_schema(kind).get("required")]
    keyed = {
        "type": "object",
        "properties": {name: _value(name, kind) for name, kind in kinds.items()},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    return {"anyOf": [keyed, {"enum": bare}]} if bare else keyed


def _value(name: str, kind: type[Kind]) -> JsonSchema:
    settings = settings_schema(kind)
    required = settings.get("required", [])
    forms: list[JsonSchema] = [{"$ref": f"#/$defs/{name}"}]
    if set(required) <= {kind.main}:
        forms.append(settings["properties"][kind.main])
    if not required:
        forms.append({"type": "null"})
    return {"anyOf": forms, "description": summary(kind)}


def _required(whole: JsonSchema) -> JsonSchema:
    """Take out what a file must have that extends none, and return it as a schema of its own."""
    definitions = whole["$defs"]
    service = {"anyOf": [{"required": ["spare_for"]}, {"required": definitions["Service"].pop("required")}]}
    lab = {"services": {"additionalProperties": service}}
    return {
        "required": whole.pop("required"),
        "anyOf": [{"required": ["tabletop"]}, {"required": ["lab", "checks"]}],
        "properties": {
            "objectives": {"required": definitions["Objectives"].pop("required")},
            "lab": {"required": ["services"], "properties": lab},
        },
    }


def _as_in_yaml(schema: Any, *, names: bool = False) -> Any:
    """Return a schema without titles, which only repeat the names, and with defaults as they are written.

    `names`: the keys are names of settings, not words of JSON Schema.
    """
    if isinstance(schema, list):
        return [_as_in_yaml(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    source = _SOURCES.get(schema.get("$comment", ""))
    clean = {
        key: _as_in_yaml(value, names=key in {"properties", "$defs"} and not names)
        for key, value in schema.items()
        if names or key not in {"title", "gt", "ge"}
    }
    if source and "default" in clean:
        clean["default"] = source(clean["default"])
    return clean
