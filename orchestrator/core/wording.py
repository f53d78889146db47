"""pydantic's errors in the words of whoever writes drills."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orchestrator.core.nearest import did_you_mean
from orchestrator.core.settings_of import settings_at
from orchestrator.core.tree import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from orchestrator.core.errors import Mistake
    from orchestrator.core.tree import Node, Place

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping of settings",
}
_SHOULD = re.compile(r"^\w+ should ")


def mistakes_in(error: ValidationError, model: type[BaseModel], tree: Node, prefix: Place = ()) -> Iterator[Mistake]:
    """Yield one mistake for each place in `tree` at which validating `model`, found at `prefix`, failed."""
    said: dict[Place, list[str]] = {}
    for details in error.errors(include_url=False):
        place, node = tree.follow((*prefix, *details["loc"]))
        if details["type"] == "missing":
            place = (*place, details["loc"][-1])
        says = said.setdefault(place, [])
        words = _words(details, node.plain(), model, place[len(prefix) :])
        if words not in says:
            says.append(words)
    for place, says in said.items():
        yield tree.mistake(place, "; or ".join(says))


def _words(details: ErrorDetails, seen: Any, model: type[BaseModel], place: Place) -> str:
    """Return what is wrong with what was `seen`; `place` is within the model."""
    kind = details["type"]
    if kind == "missing":
        return "missing setting"
    if kind == "extra_forbidden":
        return f"unknown setting{did_you_mean(str(place[-1]), settings_at(model, place[:-1]))}"
    if kind == "value_error":
        return str(details["ctx"]["error"])
    if kind == "string_pattern_mismatch":
        return f"{shown(seen)} is not right: {_description(model, place)}"
    if kind in _WANTED:
        quotes = "; put it in quotes" if kind == "string_type" and isinstance(seen, int | float) else ""
        return f"must be {_WANTED[kind]}, not {shown(seen)}{quotes}"
    words = _SHOULD.sub("must ", details["msg"]).replace(" after validation", "")
    return words if ", not " in words else f"{words}, not {shown(seen)}"


def _description(model: type[BaseModel], place: Place) -> Any:
    return settings_at(model, place[:-1])[str(place[-1])].description
