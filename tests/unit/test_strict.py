"""Strict JSON: what can be read in two ways is not read at all."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.strict import loads, unbase64

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
        (b'{"a": 1, "b": 2, "a": 1}', "key 'a' stands twice"),
        (b'[{"x": {"a": 1, "\\u0061": 2}}]', "key 'a' stands twice"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": -1e999}', "-1e999 is no number"),
        (b"[" * 100_000, "nested too deep"),
        (b'\xef\xbb\xbf{"a": 1}', "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"),
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b'{"a": 1} x', "Extra data: line 1 column 10 (char 9)"),
        (b'"\xff"', "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"),
    ],
)
def test_whatever_could_be_read_in_two_ways_is_refused(raw: bytes, says: str) -> None:
    """Names that stand twice are the classic: one reader takes the first, another the last."""
    with pytest.raises(ValueError, match=r".") as caught:
        loads(raw)
    assert str(caught.value) == says


@given(st.binary(min_size=1, max_size=40))
def test_base64_has_one_spelling(raw: bytes) -> None:
    """The bits that the last sign leaves unused are no place to hide anything in."""
    text = base64.b64encode(raw).decode()
    assert unbase64(text) == raw
    if text.endswith("="):
        letter = text.rstrip("=")[-1]
        other = text.replace(f"{letter}=", f"{chr(ord(letter) + 1)}=")
        with pytest.raises(ValueError, match=r"."):
            unbase64(other)
