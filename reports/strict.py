"""JSON and base64 as evidence may hold them: one spelling, one meaning for every reader."""

from __future__ import annotations

import base64
import json
from math import isfinite
from typing import Any


def loads(raw: bytes) -> Any:
    """Return what the text says.

    Raises ValueError for anything but UTF-8 without a byte order mark, for a name that stands twice in one object, for
    NaN and infinities (however they are written), and for what is nested too deep.
    """
    try:
        return json.loads(
            raw.decode(), object_pairs_hook=_without_repeats, parse_constant=_no_number, parse_float=_finite
        )
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def unbase64(text: str) -> bytes:
    """Return the bytes; raises ValueError for another spelling than an encoder's (the last sign leaves bits unused)."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 of another spelling")
    return raw


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(name for name in names if names.count(name) > 1)!r} stands twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_number(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")
