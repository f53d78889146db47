"""VERIFY.md: how to check evidence with OpenSSL and the tools of any Unix, without a line of ours."""

from __future__ import annotations

from pathlib import Path

from reports.verify import limits

_PAGES = Path(__file__).parent / "by_hand_pages"
_BY_HAND = (*limits.ALWAYS, limits.TRUNCATION, limits.REWRITING)


def run_page(keyid: str) -> str:
    """Return VERIFY.md of a run's folder that was sealed with a key."""
    return _page("run.md", keyid)


def bundle_page(keyid: str) -> str:
    """Return VERIFY.md of a bundle whose newest seals are of a key."""
    return _page("bundle.md", keyid)


def _page(name: str, keyid: str) -> str:
    cannot = "\n".join(["## What this cannot tell", "", *(f"- {limit}" for limit in _BY_HAND)])
    functions = (_PAGES / "functions.md").read_text(encoding="utf-8").strip()
    page = (_PAGES / name).read_text(encoding="utf-8")
    return page.replace("@functions@", functions).replace("@keyid@", keyid).replace("@limits@", cannot)
