"""Durations, sizes and rates as people write them: `500ms`, `2m`, `1GiB`, `200/s`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)(B|kB|MB|GB|KiB|MiB|GiB|TiB)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)/(s|m|h)")


def seconds(text: object) -> float:
    """Return the seconds in `text`; raises ValueError with the expected form."""
    if isinstance(text, str) and _DURATION.fullmatch(text):
        return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    raise ValueError(f"{text!r} is not a duration; write a number and a unit, such as 500ms, 30s, 2m or 1h30m")


def size_in_bytes(text: object) -> int:
    """Return the bytes in `text`; raises ValueError with the expected form."""
    if isinstance(text, str) and (match := _SIZE.fullmatch(text)):
        return int(float(match[1]) * _BYTES[match[2]])
    raise ValueError(f"{text!r} is not a size; write a number and a unit, such as 512MiB or 2GB")


def per_second(text: object) -> float:
    """Return the rate in events a second; raises ValueError with the expected form."""
    if isinstance(text, str) and (match := _RATE.fullmatch(text)):
        return float(match[1]) / _SECONDS[match[2]]
    raise ValueError(f"{text!r} is not a rate; write a number a unit of time, such as 200/s")


def duration_text(value: float) -> str:
    """Return seconds as a person reads them: `0.4 s`, `12.3 s`, `2 min 5 s`; at most three significant parts."""
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.2f}".rstrip("0").rstrip(".") + " s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _duration_source(value: float) -> str:
    return f"{round(value * 1000)}ms"


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": [example]})


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    PlainSerializer(_duration_source, return_type=str),
    _text(r"(\d+(\.\d+)?(ms|s|m|h|d))+", "30s"),
]
Size = Annotated[
    int,
    BeforeValidator(size_in_bytes),
    PlainSerializer(lambda value: f"{value}B", return_type=str),
    _text(r"\d+(\.\d+)?(B|kB|MB|GB|KiB|MiB|GiB|TiB)", "1GiB"),
]
Rate = Annotated[
    float,
    BeforeValidator(per_second),
    PlainSerializer(lambda value: f"{value:g}/s", return_type=str),
    _text(r"\d+(\.\d+)?/(s|m|h)", "200/s"),
]
