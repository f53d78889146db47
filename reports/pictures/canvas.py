"""The canvas that every picture is drawn on: matplotlib's, made fit for a page with colours and rules of its own.

The page forbids styles inside its tags, follows the reader's colours, and shows the same drawing at two widths. So the
drawing's styles become attributes, its colours the page's variables, and its ids, which would not be unique, go.
"""

from __future__ import annotations

import io
import logging
import warnings
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from markupsafe import Markup

from reports.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE_PX, NARROW_PX = 856.0, 340.0
"""The widths of the page's column on a desk and on a phone."""
TEXT_PX = 11.5
LETTER_PX = 0.56 * TEXT_PX
"""The width of a letter in the widest of the page's fonts, on average."""
_TONES = (
    "paper",
    "ink",
    "soft",
    "rule",
    "shade",
    "pass",
    "fail",
    "measure",
    "detect",
    "confirm",
    "decide",
    "step",
    "replay",
    "first-write",
)
_FIRST_TONE = 0xFA0000


def tone(name: str) -> str:
    """Return the colour that stands for the page's variable of that name until the drawing is finished."""
    return f"#{_FIRST_TONE + _TONES.index(name):06x}"


def width_of(text: str) -> float:
    """Return the pixels that a text needs at most, or nearly so."""
    return _letters(text) * LETTER_PX


def _letters(text: str) -> int:
    """Return how many letters' room a text takes: those of East Asia take that of two."""
    return sum(2 if east_asian_width(sign) in {"W", "F"} else 1 for sign in text)


def shortened(text: str, pixels: float) -> str:
    """Return the text, cut so that it fits."""
    most = max(int(pixels / LETTER_PX), 2)
    if _letters(text) <= most:
        return text
    while _letters(text) >= most:
        text = text[:-1]
    return text.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def load() -> None:
    """Load what draws, which takes most of a second: for who waits for something else anyway."""
    # Where its cache lies is nothing to tell the user.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401 - loaded for later


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """Yield an empty figure of that many pixels; what the user has configured for plots of his own does not matter."""
    load()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update({"svg.fonttype": "none", "text.parse_math": False, "font.size": TEXT_PX})
        # The reader's own fonts write the letters.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        figure.patch.set_visible(False)
        yield figure


def plot(figure: Figure, left: float, right: float, top: float, bottom: float) -> Axes:
    """Return bare axes with these margins in pixels."""
    width, height = figure.bbox.width, figure.bbox.height
    axes = figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
    )
    axes.patch.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=4, labelsize=TEXT_PX, labelcolor=tone("soft"))
    return axes


@dataclass(frozen=True)
class Place:
    """Where a text begins: a point in the axes' own units (`of`), and pixels from there to the right and up.

    A text that `ends` there stands to the left of it.
    """

    x: float
    y: float
    right: float = 0.0
    up: float = 0.0
    of: tuple[str, str] = ("data", "data")
    ends: bool = False


def write(axes: Axes, text: str, place: Place, colour: str) -> None:
    """Write a text, its middle at the height of the place."""
    axes.annotate(
        printable(text),
        (place.x, place.y),
        (place.right, place.up),
        xycoords=place.of,
        textcoords="offset points",
        va="center",
        ha="right" if place.ends else "left",
        color=tone(colour),
    )


def svg(figure: Figure, title: str, says: str) -> Markup:
    """Return the drawing as an element to stand in a page as it is; `title` names it, `says` tells what it shows."""
    for artist in figure.findobj():
        artist.set_clip_on(False)
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    drawn = ET.fromstring(file.getvalue())  # noqa: S314 - our own drawing
    root = ET.Element("svg", {"class": "picture", "role": "img", "viewBox": drawn.attrib["viewBox"]})
    ET.SubElement(root, "title").text = title
    ET.SubElement(root, "desc").text = printable(says)
    root.extend(child for child in drawn if child.tag.endswith("}g"))
    for element in root.iter():
        _make_fit(element)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - serialised, every name in it escaped


def _make_fit(element: ET.Element) -> None:
    element.tag = element.tag.rpartition("}")[2]
    element.attrib.pop("id", None)
    element.tail = None
    if element.tag not in {"text", "title", "desc"}:
        element.text = None
    for declaration in element.attrib.pop("style", "").split("; "):
        name, _, value = declaration.partition(": ")
        if value and name != "font-family":
            element.set(name, value)
    for name in ("fill", "stroke"):
        if element.get(name, "").startswith(f"#{_FIRST_TONE >> 16:x}"):
            element.set(name, f"var(--{_TONES[int(element.attrib[name][1:], 16) - _FIRST_TONE]})")
