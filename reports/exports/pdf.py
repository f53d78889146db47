"""A page as PDF, for platforms and people that take no HTML. WeasyPrint draws it: the extra `pdf`.

The same page gives the same bytes. Nothing is loaded from anywhere. WeasyPrint gives pictures within a page neither the
page's style sheet nor its variables: each gets the rules it needs, in the colours of the printed page.
"""

from __future__ import annotations

import hashlib
import logging
import re
from typing import TYPE_CHECKING

from reports.exports.window import CannotExportError

if TYPE_CHECKING:
    from typing import NoReturn

_RULES = re.compile(r"^(?:\.(?:bar|stack|picture|legend|hatch)\b|svg)[^{]*\{[^}]*\}", re.MULTILINE)
_VARIABLE = re.compile(r"var\(--([\w-]+)(?:, var\(--([\w-]+)\))?\)")
_INK = "#000000"
_FOR_PAPER = """
* { overflow-wrap: break-word; }
.pairs { grid-template-columns: 11rem 1fr !important; }
"""


def pdf(page: str) -> bytes:
    """Return one of our pages as PDF; raises CannotExportError where WeasyPrint is not installed."""
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    try:
        from weasyprint import CSS, HTML
    except (ImportError, OSError) as error:
        raise CannotExportError(
            f"PDF needs WeasyPrint, which cannot be loaded: {error}",
            hint="pip install 'drillmaster[pdf]', and Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0)",
        ) from error
    identifier = hashlib.sha256(page.encode()).digest()[:16]
    document = HTML(string=_with_pictures_dressed(page), url_fetcher=_load_nothing)
    drawn: bytes = document.write_pdf(stylesheets=[CSS(string=_FOR_PAPER)], pdf_identifier=identifier)
    return drawn


def _load_nothing(url: str) -> NoReturn:
    raise ValueError(f"{url} is not loaded")


def _with_pictures_dressed(page: str) -> str:
    head, style, rest = page.partition("</style>")
    palettes = re.findall(r":root \{(.*?)\}", head, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", palettes[-1] if palettes else ""))

    def colour(variable: re.Match[str]) -> str:
        named = [colours[name] for name in variable.groups() if name in colours]
        return named[0] if named else _INK

    # Letters would be painted over by their own outline.
    known = [rule for rule in _RULES.findall(head) if "paint-order" not in rule]
    rules = _VARIABLE.sub(colour, "\n".join(known))
    # Hatching is defined in another picture of the page, out of reach from here.
    rules = rules.replace("url(#possible)", f"{colours.get('confirm', _INK)}; fill-opacity: .4")
    rules = rules.replace("url(#assumed)", f"{colours.get('confirm', _INK)}; fill-opacity: .4")
    coloured: str = re.sub(r'(?<==")var\(--[^"]*', lambda found: _VARIABLE.sub(colour, found[0]), rest)
    dressed: str = re.sub(r"<svg\b[^>]*>", lambda tag: f"{tag[0]}<style>{rules}</style>", coloured)
    return head + style + dressed
