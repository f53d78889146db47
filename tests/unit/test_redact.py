"""What the redactor promises: no secret passes, whatever it is wrapped in, and nothing else is touched."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = 'pä/ss+w"o?rd~1'
WRAPPINGS: list[Callable[[bytes], bytes]] = [
    base64.b64encode,
    base64.urlsafe_b64encode,
    lambda raw: base64.b64encode(raw).rstrip(b"="),
    lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"="),
    lambda raw: quote(raw).encode(),
    lambda raw: quote(raw, safe="").lower().encode(),
    lambda raw: quote_plus(raw).encode(),
    lambda raw: json.dumps(raw.decode())[1:-1].encode(),
    lambda raw: json.dumps(raw.decode(), ensure_ascii=False)[1:-1].encode(),
]
secrets = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x2FF), min_size=6, max_size=40).filter(
    lambda text: len(text.strip()) >= 6
)


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_each_whole_form_becomes_one_mark(wrap: Callable[[bytes], bytes]) -> None:
    """A form is replaced from its first to its last character, padding included."""
    assert Redactor([SECRET]).clean(b"before " + wrap(SECRET.encode()) + b" after") == b"before [redacted] after"


@given(secret=secrets, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_base64_of_a_longer_value_does_not_give_the_secret_back(secret: str, before: bytes, after: bytes) -> None:
    """Wherever the secret stands in what was encoded, as in `user:password`, its whole characters are gone."""
    raw = secret.strip().encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + raw + after)
        first, last = -(-len(before) * 8 // 6), (len(before) + len(raw)) * 8 // 6
        cleaned = Redactor([secret]).clean(encoded)
        assert encoded[first:last] not in cleaned
        assert b"[redacted]" in cleaned


@given(secret=secrets, before=st.text(max_size=10), after=st.text(max_size=10))
def test_a_secret_is_gone_plain_quoted_and_escaped(secret: str, before: str, after: str) -> None:
    """Plain text, URLs and JSON come out without the secret, and what stands around it stays."""
    value = secret.strip()
    redact = Redactor([secret]).clean_text
    assert redact(f"\n{value}\n") == "\n[redacted]\n"
    assert redact(urlencode({"k": value})) == "k=[redacted]"
    assert redact(json.dumps({"k": value})) == '{"k": "[redacted]"}'
    assert "[redacted]" in redact(before + value + after)


@given(st.binary())
def test_without_secrets_nothing_changes(raw: bytes) -> None:
    """Empty and short values are no secrets: they never blot out ordinary words."""
    assert Redactor(["", "   ", "a", "short", " five5 \n"]).clean(raw) == raw


def test_the_longest_secret_goes_first() -> None:
    """A secret that begins with another one leaves no rest behind."""
    assert Redactor(["hunter2", "hunter2-and-more"]).clean(b"hunter2-and-more, hunter2") == b"[redacted], [redacted]"


def test_a_secret_read_from_a_file_is_known_without_its_line_end() -> None:
    """Files end in a line end that connection strings do not have."""
    assert Redactor(["s3cret-value\n"]).clean_text("password=s3cret-value host=db") == "password=[redacted] host=db"


def test_text_that_is_not_utf_8_passes_through() -> None:
    """Logs hold any bytes, and file names lone surrogates."""
    assert Redactor(["s3cret-value"]).clean(b"\xff s3cret-value \xfe") == b"\xff [redacted] \xfe"
    assert Redactor(["s3cret-value"]).clean_text("\udcff s3cret-value \ud800") == "\udcff [redacted] \ud800"
