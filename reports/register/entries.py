"""What stands in a register: typed entries, each a fact that nobody takes back.

A negative control is a run like others, marked as one: it is a population of its own.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reports.facts.values import Day, Fact, Objectives, Verdict

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def _moment(text: str) -> str:
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"{text!r} is no time in UTC")
    datetime.fromisoformat(text)
    return text


Moment = Annotated[str, AfterValidator(_moment)]
"""A moment that there is: moments are compared as they are spelled."""


class Opened(Fact):
    """The first entry: this register and no other. A second one beside it could not be told from here."""

    entry: Literal["opened"] = "opened"
    version: str = Field(description="Version of the engine that opened it.")


class Started(Fact):
    """A run was about to be built: what it was to be judged by was fixed then."""

    entry: Literal["started"] = "started"
    run: str
    drill: str
    system: str
    drill_sha256: str = Field(description="Digest of the effective drill.")
    objectives: Objectives
    operator: str
    trigger: str
    due: str = Field(default="", description="When it was due, in UTC; empty: it was on no schedule.")
    control: bool = Field(description="A negative control.")


class Finished(Fact):
    """A run came to its end. One that never did is ABORTED for ever; `sweep` can close it as nothing else."""

    entry: Literal["finished"] = "finished"
    run: str
    verdict: Verdict
    record_sha256: str = Field(description="Digest of record.json.")
    journal_sha256: str = Field(description="Hash of the journal's last line.")
    statement_sha256: str = Field(default="", description="Digest of the sealed statement; empty: not sealed.")
    by: Literal["engine", "sweep"]


class Reviewed(Fact):
    """A person looked at a run's evidence and decided."""

    entry: Literal["reviewed"] = "reviewed"
    run: str
    by: str = Field(description="A person's id; the name stands in a file of its own.")
    role: str
    decision: Literal["accepted", "accepted-with-remarks", "rejected"]
    note: str


class ActionOpened(Fact):
    """Something is to be mended because of a run."""

    entry: Literal["action-opened"] = "action-opened"
    action: str = Field(description="Its id, A-1 and up.")
    run: str
    what: str
    owner: str = Field(description="A person's id.")
    due: Day = Field(description="A date, YYYY-MM-DD.")


class ActionClosed(Fact):
    """It was mended, and a later run showed it; or the risk was accepted by a named person."""

    entry: Literal["action-closed"] = "action-closed"
    action: str
    by: str = Field(description="A person's id.")
    retest: str = Field(description="The run that showed it; empty: the risk was accepted.")
    note: str


class Deferred(Fact):
    """A drill that was due is not run until later, with somebody's approval."""

    entry: Literal["deferred"] = "deferred"
    drill: str
    due: str = Field(description="When it was due, in UTC.")
    until: str = Field(description="When it is due instead, in UTC.")
    reason: str
    approver: str = Field(description="A person's id.")


class Missed(Fact):
    """A drill was due and did not run."""

    entry: Literal["missed"] = "missed"
    drill: str
    due: str = Field(description="When it was due, in UTC.")
    reason: str


class KeyRotated(Fact):
    """From this entry on another key signs; signed by both. The first key follows none."""

    entry: Literal["key-rotated"] = "key-rotated"
    old: str = Field(description="Id of the key before; empty: there was none.")
    new: str = Field(description="Id of the key: SHA-256 of its public half (DER, SubjectPublicKeyInfo).")
    public_pem: str = Field(description="The public half of the new key.")


class Anchored(Fact):
    """A head of this register was put where its keeper cannot change it."""

    entry: Literal["anchored"] = "anchored"
    seq: int = Field(description="The last entry it covers.")
    sha256: str = Field(description="That entry's hash.")
    where: str = Field(description="A time-stamp authority's address, or where the head line was published.")
    token: str = Field(default="", description="The authority's reply (RFC 3161), base64; empty: published by hand.")


class Held(Fact):
    """A run's files must not be purged, whatever their age: a legal hold; or they may again."""

    entry: Literal["held"] = "held"
    run: str
    held: bool
    by: str = Field(description="A person's id.")
    reason: str


class Purged(Fact):
    """A run's files were removed when their time was over; its entries stay."""

    entry: Literal["purged"] = "purged"
    run: str
    retained_until: Day = Field(description="A date, YYYY-MM-DD.")


class Repaired(Fact):
    """A torn last line, never acknowledged, was cut off."""

    entry: Literal["repaired"] = "repaired"
    bytes_cut: int
    sha256: str = Field(description="Digest of what was cut off.")


AnyBody = Annotated[
    Opened
    | Started
    | Finished
    | Reviewed
    | ActionOpened
    | ActionClosed
    | Deferred
    | Missed
    | KeyRotated
    | Anchored
    | Held
    | Purged
    | Repaired,
    Field(discriminator="entry"),
]


class Signature(Fact):
    """An Ed25519 signature over an entry."""

    keyid: str
    sig: str = Field(description="Base64.")


class Entry(Fact):
    """One line of a register: `prev` is the SHA-256 of the line before it (64 zeros before the first).

    What is signed is the line without `signed`: its bytes up to `,"signed":` and a closing brace.
    """

    seq: int = Field(ge=1)
    at: Moment = Field(description="UTC, RFC 3339, `Z`.")
    register_id: str = Field(description="32 random hexadecimal digits.")
    prev: str
    body: AnyBody
    signed: tuple[Signature, ...] = ()
