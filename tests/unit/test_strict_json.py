"""Strict JSON: what can be read in two ways is not read at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.strict_json import BadJsonError, loads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_sound_json_is_read_as_ever(value: object) -> None:
    """Strictness costs nothing that is well formed."""
    assert loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"a": 1, "b": 2, "a": 1}', "the name 'a' stands twice in one object"),
        (b'[{"x": {"a": 1, "\\u0061": 2}}]', "the name 'a' stands twice in one object"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b'{"a": -Infinity}', "-Infinity is no JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON: Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"),
        (b"", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b'{"a": 1} x', "not JSON: Extra data: line 1 column 10 (char 9)"),
        (b'"\xff"', "not JSON: 'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"),
    ],
)
def test_whatever_could_be_read_in_two_ways_is_refused(raw: bytes, says: str) -> None:
    """Names that stand twice are the classic: one reader takes the first, another the last."""
    with pytest.raises(BadJsonError) as caught:
        loads(raw)
    assert str(caught.value) == says
