"""What verifying came to, for a person at a terminal: names out of evidence can do nothing to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.verify.register import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.verify.outcome import Outcome

WORDS = {0: "VERIFIED", 1: "TAMPERED", 3: "INCOMPLETE", 4: "UNTRUSTED", 5: "NOT ANCHORED"}
_MOST = 3


def text(outcome: Outcome) -> str:
    """Return the outcome as text."""
    return "\n".join(_printable(line) for line in _lines(outcome)) + "\n"


def _lines(outcome: Outcome) -> Iterator[str]:
    keys = f"with key {', '.join(key[:SHORT] for key in outcome.keys)}" if outcome.keys else "with no key pinned"
    yield f"{WORDS[outcome.exit_code]}: {outcome.what}"
    yield f"as of {outcome.as_of or 'no register'}, {keys}"
    if outcome.faults:
        yield from ("", "faults")
        for fault in outcome.faults:
            yield f"  ✗ {fault.level.name.lower()}: {fault.where}: {fault.says} [{fault.name}]"
    yield from _listed("checked", "✓", outcome.checked)
    yield from _listed("not checked, or not to be told from here", "-", outcome.unchecked)


def _listed(title: str, sign: str, said: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if said:
        yield from ("", title)
    for says, where in said.items():
        more = f" and {len(where) - _MOST} more" if len(where) > _MOST else ""
        yield f"  {sign} {says}" + (f" ({', '.join(where[:_MOST])}{more})" if where else "")


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)
