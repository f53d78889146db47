"""What stands outside the register: a head that was published elsewhere, and time stamps of an authority (RFC 3161)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reports import strict
from reports.register import heads
from reports.register.entries import Anchored
from reports.verify import limits
from reports.verify.outcome import Checked, Fault, Level, Unchecked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.x509 import Certificate

    from reports.register.entries import Entry
    from reports.verify.asked import Asked
    from reports.verify.outcome import Remark
    from reports.verify.register import Vouched

CLOCKS_APART = timedelta(minutes=5)
"""What the clock of the authority and that of the register's keeper may differ by."""


def remarks(vouched: Vouched, asked: Asked) -> Iterator[Remark]:
    """Yield what heads and time stamps tell, and how far they reach."""
    looked_at = [_head(vouched, asked.head)] if asked.head else []
    looked_at += [
        _time_stamp(vouched, entry, entry.body, asked.authorities)
        for entry in vouched.register.entries
        if isinstance(entry.body, Anchored) and entry.body.token
    ]
    for _, said in looked_at:
        yield from said
    yield from _reach(vouched, max((covered for covered, _ in looked_at), default=0), asked)


def _reach(vouched: Vouched, covered: int, asked: Asked) -> Iterator[Remark]:
    """Yield what of the register no anchor covers: its newest entries could be missing, or be written anew."""
    name = vouched.register.path.name
    last = max((row.finished_seq or row.started_seq for row in vouched.state.runs), default=0)
    if covered < vouched.register.position.seq:
        after = f"after entry {covered} " if covered else ""
        yield Unchecked(f"{after}{limits.TRUNCATION}", name)
        yield Unchecked(f"{after}{limits.REWRITING}", name)
    if asked.require_anchor and not covered:
        says = "no head was given, and no time stamp of an authority that was named was found"
        yield Fault(Level.ANCHOR, "anchor-missing", name, says)
    elif asked.require_anchor and covered < last:
        yield Fault(Level.ANCHOR, "anchor-stale", name, f"entries up to {covered} are anchored; runs reach to {last}")


def _head(vouched: Vouched, head: heads.Head) -> tuple[int, list[Remark]]:
    """Return the last entry that a published head covers (0: none), and what it tells."""
    end = vouched.register.position
    if head.register_id != end.register_id:
        says = f"the head is of register {head.register_id}, this is {end.register_id}"
        return 0, [_tampered(vouched, "head-other-register", says)]
    if head.seq > end.seq:
        says = f"the head names entry {head.seq}; the register ends with entry {end.seq}: it was cut off"
        return 0, [_tampered(vouched, "head-truncated", says)]
    if head != heads.head_of(vouched.register, head.seq):
        says = f"entry {head.seq} is another than the one the head names: the register was written anew"
        return 0, [_tampered(vouched, "head-rewritten", says)]
    says = "entries up to the head that was given are those that were there when it was published"
    return head.seq, [Checked(says, vouched.register.path.name)]


def _time_stamp(
    vouched: Vouched, entry: Entry, body: Anchored, authorities: tuple[Certificate, ...]
) -> tuple[int, list[Remark]]:
    """Return the last entry that an entry's time stamp covers (0: none), and what it tells."""
    try:
        import rfc3161_client as tsp
    except ImportError:
        return 0, [Unchecked("time stamps: the library rfc3161-client is not installed (drillmaster[tsa])")]
    where, head = f": entry {entry.seq}", _anchored(vouched, body)
    try:
        reply = tsp.decode_timestamp_response(strict.unbase64(body.token))
        stamped = reply.tst_info
    except ValueError as error:
        return 0, [_tampered(vouched, "time-stamp-unreadable", f"its time stamp is none: {error}", where)]
    digest = hashlib.sha256(str(head).encode()).digest()
    if head is None or bytes(stamped.message_imprint.message) != digest:
        return 0, [_tampered(vouched, "time-stamp-other-data", "its time stamp is not of the head it names", where)]
    if not authorities:
        return 0, [Unchecked("time stamps: no certificate of their authority was given (--tsa-ca)")]
    try:
        tsp.VerifierBuilder(roots=list(authorities)).build().verify(reply, digest)
    except (tsp.VerificationError, ValueError) as error:
        says = f"its time stamp is not of an authority that was named: {error}"
        return 0, [Fault(Level.ANCHOR, "time-stamp-untrusted", f"{vouched.register.path.name}{where}", says)]
    return head.seq, list(_dated(vouched, entry, head, stamped.gen_time))


def _anchored(vouched: Vouched, body: Anchored) -> heads.Head | None:
    """Return the head that an entry says was anchored, as the register has it."""
    return heads.head_of(vouched.register, body.seq) if 1 <= body.seq <= vouched.register.position.seq else None


def _tampered(vouched: Vouched, name: str, says: str, where: str = "") -> Fault:
    return Fault(Level.TAMPERED, name, f"{vouched.register.path.name}{where}", says)


def _dated(vouched: Vouched, entry: Entry, head: heads.Head, stamped: datetime) -> Iterator[Remark]:
    """Yield whether the entries' times agree with the authority's: none before was made later, none after earlier."""
    name = vouched.register.path.name
    if datetime.fromisoformat(head.at) > stamped + CLOCKS_APART:
        says = f"it is dated {head.at}, and was stamped before that, at {stamped:%Y-%m-%dT%H:%M:%SZ}"
        yield Fault(Level.TAMPERED, "dated-ahead", f"{name}: entry {head.seq}", says)
    back = [one for one in vouched.register.entries[entry.seq - 1 :] if _time(one) < stamped - CLOCKS_APART]
    for one in back[:1]:
        says = f"it is dated {one.at}, and follows a time stamp of {stamped:%Y-%m-%dT%H:%M:%SZ}"
        yield Fault(Level.TAMPERED, "dated-back", f"{name}: entry {one.seq}", says)
    if not back:
        yield Checked("entries up to the newest time stamp were there when the authority named stamped them", name)


def _time(entry: Entry) -> datetime:
    return datetime.fromisoformat(entry.at)
