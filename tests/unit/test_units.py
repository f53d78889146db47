"""Durations, sizes and rates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from orchestrator.core.units import (
    Duration,
    Rate,
    Size,
    duration_source,
    per_second,
    rate_source,
    seconds,
    size_in_bytes,
    size_source,
)
from reports.yaml.tree import shown

SECONDS = st.floats(min_value=0, max_value=1e9, allow_subnormal=False).filter(lambda value: value == 0 or value > 1e-9)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500ms", 0.5),
        ("1.5ms", 0.0015),
        ("700ms", 0.7),
        ("30s", 30.0),
        ("2m", 120.0),
        ("1h30m", 5400.0),
        ("1m0.5s", 60.5),
        ("2d", 172800.0),
        ("0s", 0.0),
    ],
)
def test_durations_are_read_exactly(text: str, value: float) -> None:
    """A duration is the sum of its parts, without binary rounding."""
    assert seconds(text) == value


@pytest.mark.parametrize(
    "text", ["", "5", "s", "5 s", "-5s", "5sec", "1e3s", "\u0665s", "5s ", "1..5s", "9999999999999999999s", 5, None]
)
def test_other_durations_are_refused_with_the_form_to_write(text: object) -> None:
    """What is no duration is named, with examples of the right form."""
    with pytest.raises(ValueError, match="is not a duration") as caught:
        seconds(text)
    assert str(caught.value) == (
        f"{shown(text)} is not a duration; write a number and a unit, such as 500ms, 30s, 2m or 1h30m"
    )


def test_sizes_and_rates_are_read() -> None:
    """Decimal and binary units differ; rates are in events a second."""
    assert [size_in_bytes(text) for text in ("10B", "1kB", "1KiB", "1.5GiB", "2GB")] == [
        10,
        1000,
        1024,
        1610612736,
        2000000000,
    ]
    assert [per_second(text) for text in ("200/s", "90/m", "1800/h", "0.5/s")] == [200.0, 1.5, 0.5, 0.5]


@pytest.mark.parametrize("text", ["1G", "1 GiB", "GiB", "-1B", 1024])
def test_other_sizes_are_refused(text: object) -> None:
    """What is no size is named, with examples of the right form."""
    with pytest.raises(ValueError, match="is not a size") as caught:
        size_in_bytes(text)
    assert str(caught.value) == f"{text!r} is not a size; write a number and a unit, such as 512MiB or 2GB"


@pytest.mark.parametrize("text", ["200", "200/d", "/s", "-1/s", 200])
def test_other_rates_are_refused(text: object) -> None:
    """What is no rate is named, with an example of the right form."""
    with pytest.raises(ValueError, match="is not a rate") as caught:
        per_second(text)
    assert str(caught.value) == f"{text!r} is not a rate; write a number and a unit of time, such as 200/s"


@given(SECONDS)
def test_a_duration_written_back_reads_the_same(value: float) -> None:
    """No duration changes by being recorded."""
    assert seconds(duration_source(value)) == value


@given(st.integers(min_value=0, max_value=2**50))
def test_a_size_written_back_reads_the_same(value: int) -> None:
    """No size changes by being recorded."""
    assert size_in_bytes(size_source(value)) == value


@given(SECONDS)
def test_a_rate_written_back_reads_the_same(value: float) -> None:
    """No rate changes by being recorded."""
    assert per_second(rate_source(value)) == value


def test_what_is_written_back_is_as_a_person_would_write_it() -> None:
    """Whole units are used where they fit."""
    assert [duration_source(value) for value in (0, 0.5, 0.0015, 30, 90, 5400, 61.25)] == [
        "0s",
        "500ms",
        "1.5ms",
        "30s",
        "1m30s",
        "1h30m",
        "1m1.25s",
    ]
    assert [size_source(value) for value in (0, 1000, 2**30, 1610612736, 1025)] == [
        "0B",
        "1kB",
        "1GiB",
        "1536MiB",
        "1025B",
    ]


@pytest.mark.parametrize(("unit", "word"), [(Duration, "duration"), (Size, "size"), (Rate, "rate")])
def test_units_tell_an_editor_their_form(unit: object, word: str) -> None:
    """The schema of a unit says its word, its pattern and an example that matches."""
    schema = TypeAdapter(unit).json_schema()
    assert schema["$comment"] == word
    TypeAdapter(unit).validate_python(schema["examples"][0])
