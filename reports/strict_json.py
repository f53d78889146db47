"""JSON that can be read in one way only: two readers of one document must never see two contents."""

from __future__ import annotations

import json
from typing import Any


class BadJsonError(ValueError):
    """Not JSON, or JSON that readers could understand differently."""


def loads(raw: bytes) -> Any:
    """Return what a document says.

    Raises BadJsonError for anything but UTF-8 without a byte order mark, for a name that stands twice in one object,
    for NaN and infinities, and for what is nested too deep.
    """
    try:
        return json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError as error:
        raise BadJsonError("nested too deep") from error
    except BadJsonError:
        raise
    except ValueError as error:
        raise BadJsonError(f"not JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadJsonError(f"the name {twice!r} stands twice in one object")
    return found


def _constant(name: str) -> None:
    raise BadJsonError(f"{name} is no JSON")
