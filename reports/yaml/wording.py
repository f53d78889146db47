"""pydantic's errors in the words of whoever writes such files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reports.yaml.mistakes import did_you_mean
from reports.yaml.settings_of import settings_at
from reports.yaml.tree import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from reports.yaml.mistakes import Mistake
    from reports.yaml.tree import Node, Place

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list (each item behind `- `)",
    "tuple_type": "a list (each item behind `- `)",
    "dict_type": "a mapping (each entry as `name: value`)",
    "model_type": "a mapping of settings",
}
_SHOULD = re.compile(r"^\w+ should ")


def mistakes_in(error: ValidationError, model: type[BaseModel], tree: Node, prefix: Place = ()) -> Iterator[Mistake]:
    """Yield one mistake for each place in `tree` at which validating `model`, found at `prefix`, failed."""
    failures: dict[Place, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        place, _ = tree.follow((*prefix, *details["loc"]))
        if details["type"] == "missing":
            place = (*place, details["loc"][-1])
        failures.setdefault(place, []).append(details)
    for place, several in failures.items():
        seen, within = tree.at(*place).plain(), place[len(prefix) :]
        says = [_words(details, seen, model, within) for details in several if details["type"] not in _WANTED]
        if wanted := [_wanted(details["type"], model, within) for details in several if details["type"] in _WANTED]:
            quotes = "; put it in quotes" if wanted == ["text"] and isinstance(seen, int | float) else ""
            says.append(f"must be {' or '.join(dict.fromkeys(wanted))}, not {shown(seen)}{quotes}")
        yield tree.mistake(place, "; or ".join(dict.fromkeys(says)))


def _wanted(kind: str, model: type[BaseModel], place: Place) -> str:
    known = settings_at(model, place) if kind == "model_type" else ()
    return f"{_WANTED[kind]} ({', '.join(known)})" if known else _WANTED[kind]


def _words(details: ErrorDetails, seen: Any, model: type[BaseModel], place: Place) -> str:
    """Return what is wrong with what was `seen`; `place` is within the model."""
    kind = details["type"]
    if kind == "missing":
        return f"missing setting ({_description(model, place)})"
    if kind == "extra_forbidden":
        return f"unknown setting{_nearest_setting(model, place)}"
    if kind == "value_error":
        return str(details["ctx"]["error"])
    if kind == "string_pattern_mismatch":
        return f"{shown(seen)} does not fit: {_description(model, place)}"
    words = _SHOULD.sub("must ", details["msg"]).replace(" after validation", "")
    return words if ", not " in words else f"{words}, not {shown(seen)}"


def _nearest_setting(model: type[BaseModel], place: Place) -> str:
    """Return the end of a sentence on an unknown setting: the place where one of its name may stand, or a near name."""
    *above, name = place
    known = settings_at(model, tuple(above))
    deeper = [f"{outer}.{name}" for outer in known if name in settings_at(model, (*above, outer))]
    return f", did you mean {deeper[0]!r}?" if deeper else did_you_mean(str(name), known)


def _description(model: type[BaseModel], place: Place) -> str:
    """Return what the setting is, as the end of a sentence."""
    text = settings_at(model, place[:-1])[str(place[-1])].description or ""
    return text[:1].lower() + text[1:].rstrip(".")
