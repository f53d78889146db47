"""Time stamps of an authority over HTTP (RFC 3161, section 3.4)."""

from __future__ import annotations

import hashlib
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from orchestrator.core.errors import CannotRunError

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest

TIMEOUT_S = 30.0
MAX_BYTES = 64 * 1024
"""A reply has a few certificates at most."""


def stamp(url: str, text: str) -> bytes:
    """Return the authority's reply (TimeStampResp) that says when it saw the SHA-256 of a text.

    Whether the authority is to be trusted is for who verifies. Raises CannotRunError when there is no such reply, or
    the library that speaks the protocol is not installed.
    """
    try:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
    except ImportError as error:
        raise CannotRunError(
            "time stamps need the library rfc3161-client", hint="install drillmaster with its extra: drillmaster[tsa]"
        ) from error
    if not _is_address(url):
        raise CannotRunError(
            f"{url}: no address of a time-stamp authority",
            hint="it begins with http:// or https://, and all of it is ASCII",
        )
    request = TimestampRequestBuilder().data(text.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
    reply = _ask(url, request.as_bytes())
    if wrong := _wrong(reply, request, text):
        raise CannotRunError(f"{url}: {wrong}", hint="is it the address of a time-stamp authority (RFC 3161)?")
    return reply


def _is_address(url: str) -> bool:
    try:
        return url.isascii() and urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False


def _ask(url: str, query: bytes) -> bytes:
    asked = Request(url, query, {"Content-Type": "application/timestamp-query"})  # noqa: S310 - looked at by `stamp`
    try:
        with urlopen(asked, timeout=TIMEOUT_S) as reply:  # noqa: S310 - likewise
            return bytes(reply.read(MAX_BYTES))
    except (URLError, HTTPException, OSError) as error:
        says = error.reason if isinstance(error, URLError) else error
        raise CannotRunError(
            f"{url}: no time stamp: {says}", hint="nothing was written; try again, or publish the head by hand"
        ) from error


def _wrong(reply: bytes, request: TimeStampRequest, text: str) -> str:
    """Return what is wrong with a reply; empty: it answers the request."""
    from rfc3161_client import PKIStatus, decode_timestamp_response

    try:
        told = decode_timestamp_response(reply)
        if told.status != PKIStatus.GRANTED:
            return f"the authority refused: {'; '.join(told.status_string) or PKIStatus(told.status).name.lower()}"
        stamped = told.tst_info
    except ValueError as error:
        return f"its answer is no time stamp: {error}"
    if stamped.nonce != request.nonce or stamped.message_imprint.message != hashlib.sha256(text.encode()).digest():
        return "its time stamp is not of this head"
    return ""
