"""A picture as a file of its own, outside of our pages."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reports.pictures.canvas import TEXT_PX

if TYPE_CHECKING:
    from markupsafe import Markup

_CSS = Path(__file__).parents[1] / "templates" / "report.css"


def svg_file(picture: Markup) -> str:
    """Return a picture as the text of an SVG file, in the page's light colours."""
    style = f"<style>:root {{ {_colours()} font: {TEXT_PX}px sans-serif; }}</style>"
    root = str(picture).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return root.replace(">", f">{style}", 1) + "\n"


@cache
def _colours() -> str:
    """Return the first palette of the page's style sheet: the light one."""
    palette = re.findall(r"--[\w-]+: #[0-9a-f]{6};", _CSS.read_text(encoding="utf-8").partition("}")[0])
    return " ".join(palette)
