"""What every HTML page is made with: no scripts, nothing loaded from elsewhere, the same bytes for the same values."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEMPLATES = Path(__file__).parent / "templates"
_MOST_LETTERS = 600
"""Of longer texts a page shows this much, and says how much more the record holds."""


def page(template: str, foot: str, **values: object) -> str:
    """Return a template as one self-contained page; `foot` stands below each printed sheet."""
    css = _css(foot)
    rendered = (
        _environment()
        .get_template(template)
        .render(
            css=Markup(css),  # noqa: S704 - our own file, and a name without markup
            css_digest=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
            words=words,
            size=words.size,
            **values,
        )
    )
    return rendered.rstrip() + "\n"


@cache
def _environment() -> Environment:
    """Return what renders the templates, each of them compiled once."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "counted": words.counted,
        "clock": lambda utc: utc[11:23],
        "cut": _cut,
        "duration": words.duration,
        "flat": lambda value: list(_flat(value)),
        "known": lambda value: "not known" if value is None else value,
        "moment": words.moment,
        "offset": _offset,
        "spaced": lambda name: name.replace("-", " "),
        "took": lambda seconds: "not known" if seconds is None else words.duration(seconds),
        "worst_first": words.worst_first,
    }
    return environment


def _css(foot: str) -> str:
    """Return the style sheet, with what stands below each printed sheet."""
    plain = re.sub(r"[^\w.:, -]", "_", foot, flags=re.ASCII)
    return (_TEMPLATES / "report.css").read_text(encoding="utf-8").replace("@foot@", plain)


def _cut(text: str) -> str:
    """Return a text that is not endless."""
    left_out = len(text) - _MOST_LETTERS
    return text if left_out <= 0 else f"{text[:_MOST_LETTERS]}\N{HORIZONTAL ELLIPSIS} ({left_out:,} more letters)"


def _offset(seconds: float | None) -> str:
    """Return seconds after the disaster, always with a sign."""
    return "" if seconds is None else f"{seconds:+,.3f}".replace("-", "\N{MINUS SIGN}")


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every leaf of nested facts with its dotted path."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _flat(value[key], f"{path}.{key}" if path else str(key))
    else:
        yield (
            path,
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str, sort_keys=True),
        )
