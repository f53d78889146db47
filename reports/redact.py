"""Takes secrets out of whatever is about to be written down, in every form in which they commonly leak."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARK = "[redacted]"
SHORTEST = 6
"""Shorter values are left alone: they would blot out ordinary words and hide nothing worth guessing."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_FIRST_WHOLE = (0, 2, 3)
"""The first base64 character made of the secret's bits alone, for 0, 1 or 2 bytes before it in its group of three."""


class Redactor:
    """Replaces each secret by `[redacted]`: plain, base64 (also inside longer values), URL-quoted and JSON-escaped.

    Give it a text whole: a secret cut in two by a chunk's border is not recognised.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        values = {secret.strip() for secret in secrets}
        forms = {form for value in values if len(value) >= SHORTEST for form in _forms(value)}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))
        self._mark = MARK.encode()

    def clean(self, raw: bytes) -> bytes:
        """Return `raw` without any form of any secret."""
        for form in self._forms:
            raw = raw.replace(form, self._mark)
        return raw

    def clean_text(self, text: str) -> str:
        """Return `text` without any form of any secret."""
        return self.clean(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def _forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode("utf-8", "surrogatepass")
    yield raw
    yield json.dumps(secret)[1:-1].encode()
    yield json.dumps(secret, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")
    for quoted in (quote(raw), quote(raw, safe=""), quote_plus(raw)):
        yield quoted.encode()
        yield re.sub("%..", lambda escape: escape[0].lower(), quoted).encode()
    for before in range(3):
        for form in _base64_forms(raw, before):
            yield form
            yield form.translate(_URL_SAFE)


def _base64_forms(raw: bytes, before: int) -> tuple[bytes, bytes, bytes]:
    """Return the base64 of `raw` after `before` other bytes: padded, unpadded, and with more to follow."""
    padded = base64.b64encode(bytes(before) + raw)
    first, whole = _FIRST_WHOLE[before], (before + len(raw)) * 8 // 6
    return padded[first:], padded.rstrip(b"=")[first:], padded[first:whole]
