"""Durations, sizes, rates and patterns as people write them: `500ms`, `2m`, `1GiB`, `200/s`, `100Mbit/s`, `^ok$`.

What is written is read exactly (decimal, not binary, arithmetic), so that a value written back reads as the same value.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from reports.yaml.tree import shown

_SECONDS = {"d": Decimal(86400), "h": Decimal(3600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
LONGEST_S = 36500 * 86400.0
"""What clocks and waits can count with room to spare: a hundred years."""
_BYTES = {
    "TiB": 2**40,
    "GiB": 2**30,
    "MiB": 2**20,
    "KiB": 2**10,
    "GB": 10**9,
    "MB": 10**6,
    "kB": 10**3,
    "B": 1,
}
_BITS = {"Gbit": 10**9, "Mbit": 10**6, "kbit": 10**3}
# Digits are bounded so that no value overflows what the engine takes.
_NUMBER = r"[0-9]{1,18}(\.[0-9]{1,30})?"
_DURATION = rf"({_NUMBER}(ms|s|m|h|d))+"
_SIZE = rf"{_NUMBER}(B|kB|MB|GB|KiB|MiB|GiB|TiB)"
_RATE = rf"{_NUMBER}/(s|m|h)"
_BANDWIDTH = rf"{_NUMBER}(kbit|Mbit|Gbit)/s"
_PART = re.compile(r"([0-9.]+)([A-Za-z]+)")


def seconds(text: object) -> float:
    """Return the seconds in `text`; raises ValueError with the expected form."""
    if isinstance(text, str) and re.fullmatch(_DURATION, text):
        value = float(sum(Decimal(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))
        if value > LONGEST_S:
            raise ValueError(f"{text!r} is longer than 36500d")
        return value
    raise ValueError(f"{shown(text)} is not a duration; write a number and a unit, such as 500ms, 30s, 2m or 1h30m")


def size_in_bytes(text: object) -> int:
    """Return the bytes in `text`; raises ValueError with the expected form."""
    if isinstance(text, str) and re.fullmatch(_SIZE, text):
        number, unit = _PART.findall(text)[0]
        return int(Decimal(number) * _BYTES[unit])
    raise ValueError(f"{shown(text)} is not a size; write a number and a unit, such as 512MiB or 2GB")


def per_second(text: object) -> float:
    """Return the rate in events a second; raises ValueError with the expected form."""
    if isinstance(text, str) and re.fullmatch(_RATE, text):
        number, unit = text.split("/")
        return float(Decimal(number) / _SECONDS[unit])
    raise ValueError(f"{shown(text)} is not a rate; write a number and a unit of time, such as 200/s")


def bits_per_second(text: object) -> int:
    """Return the bandwidth in `text` in bits a second; raises ValueError with the expected form."""
    if isinstance(text, str) and re.fullmatch(_BANDWIDTH, text):
        number, unit = _PART.findall(text)[0]
        return int(Decimal(number) * _BITS[unit])
    raise ValueError(f"{shown(text)} is not a bandwidth; write a number and a unit, such as 100Mbit/s or 1Gbit/s")


def duration_source(value: float) -> str:
    """Return seconds as a drill file has them (`1m30s`, `0.5ms`); `seconds` reads the same value from it."""
    rest = Decimal(repr(value))
    parts = []
    for unit in ("h", "m"):
        number, rest = divmod(rest, _SECONDS[unit])
        parts += [f"{number:f}{unit}"] if number else []
    if 0 < rest < 1:
        parts.append(f"{_plain(rest * 1000)}ms")
    elif rest or not parts:
        parts.append(f"{_plain(rest)}s")
    return "".join(parts)


def size_source(value: int) -> str:
    """Return bytes as a drill file has them, in the largest unit that divides them."""
    unit = next(unit for unit, size in _BYTES.items() if (value and value % size == 0) or unit == "B")
    return f"{value // _BYTES[unit]}{unit}"


def rate_source(value: float) -> str:
    """Return events a second as a drill file has them; `per_second` reads the same value from it."""
    return f"{_plain(value)}/s"


def bandwidth_source(value: int) -> str:
    """Return bits a second as a drill file has them, in the largest unit that divides them."""
    unit = next(unit for unit, size in _BITS.items() if value % size == 0 or unit == "kbit")
    return f"{_plain(Decimal(value) / _BITS[unit])}{unit}/s"


def _plain(value: float | Decimal) -> str:
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{shown(text)} is no regular expression: {error}") from None
    return text


def _text(word: str, pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$", "examples": [example], "$comment": word})


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    PlainSerializer(duration_source, return_type=str),
    _text("duration", _DURATION, "30s"),
]
Size = Annotated[
    int,
    BeforeValidator(size_in_bytes),
    PlainSerializer(size_source, return_type=str),
    _text("size", _SIZE, "1GiB"),
]
Rate = Annotated[
    float,
    BeforeValidator(per_second),
    PlainSerializer(rate_source, return_type=str),
    _text("rate", _RATE, "200/s"),
]
Bandwidth = Annotated[
    int,
    BeforeValidator(bits_per_second),
    PlainSerializer(bandwidth_source, return_type=str),
    _text("bandwidth", _BANDWIDTH, "100Mbit/s"),
]
Pattern = Annotated[str, AfterValidator(_expression)]
