"""VERIFY.md: how to check evidence with OpenSSL and the tools of any GNU/Linux, without a line of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reports.verify import limits

if TYPE_CHECKING:
    from collections.abc import Iterable

_PAGES = Path(__file__).parent / "by_hand_pages"
_BY_HAND = (*limits.ALWAYS, limits.TRUNCATION, limits.REWRITING)


def run_page(keyid: str) -> str:
    """Return VERIFY.md of a run's folder that was sealed with a key."""
    return _page("run.md", keyid)


def bundle_page(keyid: str) -> str:
    """Return VERIFY.md of a bundle whose newest seals are of a key."""
    return _page("bundle.md", keyid)


def is_one_of(page: Path, ours: Iterable[str]) -> bool:
    """Return whether a file is one of these pages to the byte: a shell reads line ends that Python takes for others."""
    return page.read_bytes() in {one.encode() for one in ours}


def _page(name: str, keyid: str) -> str:
    cannot = "\n".join(["## What this cannot tell", "", *(f"- {limit}" for limit in _BY_HAND)])
    functions = (_PAGES / "functions.md").read_text(encoding="utf-8").strip()
    page = (_PAGES / name).read_text(encoding="utf-8")
    return page.replace("@functions@", functions).replace("@keyid@", keyid).replace("@limits@", cannot)
