"""A page as PDF, for platforms and people that take no HTML. WeasyPrint draws it: the extra `pdf`.

The same page gives the same bytes, and nothing is loaded from anywhere. WeasyPrint gives drawings within a page neither
the page's colours nor the shapes that the page keeps in one place: both are put into each drawing first.
"""

from __future__ import annotations

import hashlib
import logging
import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.exports.window import CannotExportError

if TYPE_CHECKING:
    from typing import NoReturn
    from xml.etree.ElementTree import Element

_CSS = Path(__file__).parents[1] / "templates" / "report.css"
_SVG = "{http://www.w3.org/2000/svg}"
_VAR = re.compile(r"var\(--([\w-]+)(?:, var\(--[\w-]+\))?\)")
_SHAPES = re.compile(r"^((?:\.bar|\.stack|\.hatch|\.hatch-part)\b[^{]*\{[^}]*\})$", re.MULTILINE)
_TONES = {
    **dict.fromkeys(("is-PASS", "is-held"), "pass"),
    **dict.fromkeys(("is-FAIL", "is-violated"), "fail"),
    **dict.fromkeys(("is-INCONCLUSIVE", "is-unknown"), "doubt"),
    **dict.fromkeys(("is-ABORTED", "is-neutral"), "none"),
    "word": "on-verdict",
}
"""The classes that set the colour of what is inside them."""


def pdf(page: str) -> bytes:
    """Return one of our pages as PDF; raises CannotExportError where WeasyPrint or what it draws with is missing."""
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise CannotExportError(
            f"PDF needs WeasyPrint, which cannot be loaded: {error}",
            hint="pip install 'drillmaster[pdf]', and Pango (Debian: libpango-1.0-0 libpangoft2-1.0-0)",
        ) from error
    document = HTML(string=page, url_fetcher=_load_nothing)
    root = document.etree_element
    _fit(root, "ink", {element.attrib["id"]: element for element in root.iter() if element.tag in _KEPT})
    drawn: bytes = document.write_pdf(pdf_identifier=hashlib.sha256(page.encode()).digest()[:16])
    return drawn


def _load_nothing(url: str) -> NoReturn:
    raise ValueError(f"{url} is not loaded")


_KEPT = {f"{_SVG}symbol", f"{_SVG}pattern"}


def _fit(element: Element, tone: str, kept: dict[str, Element]) -> None:
    """Put colours and shapes into every drawing below an element; `tone` is the colour that it inherits."""
    for name in element.attrib.get("class", "").split():
        tone = _TONES.get(name, tone)
    if element.tag == f"{_SVG}svg":
        _fit_drawing(element, tone, kept)
        return
    for child in element:
        if isinstance(child.tag, str):
            _fit(child, tone, kept)


def _fit_drawing(drawing: Element, tone: str, kept: dict[str, Element]) -> None:
    colours = {**_palette(), "tone": _palette()[tone if tone != "ink" else "measure"], "sans": "sans-serif"}
    drawing.set("color", _palette()[tone])
    for element in drawing.iter():
        for name, value in element.attrib.items():
            element.attrib[name] = _VAR.sub(lambda found: colours[found[1]], value)
        for used in element.findall(f"{_SVG}use"):
            element.remove(used)
            element.extend(deepcopy(child) for child in kept[used.attrib["href"].removeprefix("#")])
    if drawing.attrib.get("class", "").split(" ")[0] in {"bar", "stack"}:
        style, shapes = (drawing.makeelement(f"{_SVG}{name}", {}) for name in ("style", "defs"))
        style.text = "\n".join(_VAR.sub(lambda found: colours[found[1]], rule) for rule in _shapes())
        shapes.extend(deepcopy(one) for one in kept.values() if one.tag == f"{_SVG}pattern")
        drawing[:0] = [style, shapes]


@cache
def _palette() -> dict[str, str]:
    """Return the colours of the printed page by their names."""
    printed: Any = re.search(r"@media print \{.*?:root \{(.*?)\}", _CSS.read_text(encoding="utf-8"), re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", printed[1]))


@cache
def _shapes() -> list[str]:
    """Return the rules of the style sheet that shapes inside drawings follow."""
    return _SHAPES.findall(_CSS.read_text(encoding="utf-8"))
