"""Signatures and time stamps held against OpenSSL, which shares no line of code with ours."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import local_authority
import pytest
import synthetic_records
import synthetic_registers
from local_authority import openssl
from synthetic_registers import FreshKey

from orchestrator import registering
from orchestrator.core.errors import CannotRunError
from reports import seal
from reports.register import chain, heads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = FreshKey()


def verified(folder: Path, over: bytes, sig: str) -> bool:
    """Return whether OpenSSL finds that our key has signed these bytes."""
    (folder / "over.bin").write_bytes(over)
    (folder / "sig.bin").write_bytes(base64.b64decode(sig))
    (folder / "key.pub").write_text(KEY.public_pem)
    files = ("-inkey", "key.pub", "-in", "over.bin", "-sigfile", "sig.bin")
    return openssl(folder, "pkeyutl", "-verify", "-pubin", "-rawin", *files).returncode == 0


def test_a_seal_and_an_entry_are_signed_as_openssl_understands_it(tmp_path: Path) -> None:
    """Its verdict is the same, of the right bytes and of wrong ones; the bytes are cut out by hand here."""
    register = synthetic_registers.SyntheticRegister(tmp_path / "evidence", KEY)
    run = register.add(synthetic_records.PASSED)
    sealed = json.loads((run / seal.SEAL).read_text())
    kind, payload = sealed["payloadType"].encode(), base64.b64decode(sealed["payload"])
    over = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    assert verified(tmp_path, over, sealed["signatures"][0]["sig"])
    assert not verified(tmp_path, over.replace(b"PASS", b"FAIL"), sealed["signatures"][0]["sig"])

    line = register.path.read_bytes().splitlines()[-1]
    bare = line[: line.index(b',"signed":')] + b"}"
    kind = b"application/vnd.drillmaster.register-entry+json"
    over = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(bare), bare)
    assert verified(tmp_path, over, json.loads(line)["signed"][0]["sig"])
    assert not verified(tmp_path, over.replace(b"PASS", b"FAIL"), json.loads(line)["signed"][0]["sig"])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a time-stamp authority."""
    return local_authority.make(tmp_path_factory.mktemp("authority"))


@contextmanager
def served(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """Serve an authority on this machine and yield its address; `answer` makes the reply to a query."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            reply = answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/tsa"
        server.shutdown()
        thread.join()


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """Return an evidence directory with a register."""
    return synthetic_registers.evidence(tmp_path / "evidence", runs=1, key=KEY).evidence


def test_a_head_is_stamped_and_openssl_verifies_it(authority: Path, evidence: Path) -> None:
    """The reply stands in the register, is over the head's line, and is over no other line."""
    reached = registering.head(evidence)
    with served(partial(local_authority.answer, authority)) as url:
        registering.stamp(registering.register_of(evidence, KEY), reached, url)
    found = chain.read(evidence / chain.NAME)
    anchored = found.entries[-1].body
    assert anchored.entry == "anchored"
    assert (anchored.where, anchored.seq, anchored.sha256) == (url, reached.seq, reached.sha256)
    assert chain.signed_by(found.entries[-1], {KEY.keyid: KEY.private.public_key()}) == (KEY.keyid,)
    (evidence / "reply.tsr").write_bytes(base64.b64decode(anchored.token))
    for line, holds in ((str(heads.head_of(found, anchored.seq)), True), (str(heads.head_of(found, 1)), False)):
        digest = hashlib.sha256(line.encode()).hexdigest()
        root = ("-CAfile", str(authority / "root.pem"))
        done = openssl(evidence, "ts", "-verify", "-digest", digest, "-in", "reply.tsr", *root)
        assert (done.returncode == 0) == holds, done.stderr


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda _: b"", "its answer is no time stamp: ASN.1 parse error"),
        (lambda _: b"<html>", "its answer is no time stamp: ASN.1 parse error"),
        (lambda _: bytes.fromhex("30053003020102"), "the authority refused: rejection"),
    ],
    ids=["nothing", "a page", "a refusal"],
)
def test_what_is_no_time_stamp_is_not_registered(evidence: Path, answer: Callable[[bytes], bytes], says: str) -> None:
    """Another answer, or a refusal: said with the address, and nothing is written."""
    before = (evidence / chain.NAME).read_bytes()
    with served(answer) as url, pytest.raises(CannotRunError) as caught:
        registering.stamp(registering.register_of(evidence, KEY), registering.head(evidence), url)
    assert caught.value.message.startswith(f"{url}: {says}")
    assert caught.value.hint == "is it the address of a time-stamp authority (RFC 3161)?"
    assert (evidence / chain.NAME).read_bytes() == before


def test_the_stamp_of_another_head_is_not_registered(authority: Path, evidence: Path) -> None:
    """An answer that was given before, to another query."""
    answer = partial(local_authority.answer, authority)
    kept: list[bytes] = []

    def repeat(query: bytes) -> bytes:
        kept.append(answer(query))
        return kept[0]

    register = registering.register_of(evidence, KEY)
    with served(repeat) as url:
        registering.stamp(register, registering.head(evidence), url)
        with pytest.raises(CannotRunError) as caught:
            registering.stamp(register, registering.head(evidence), url)
    assert caught.value.message == f"{url}: its time stamp is not of this head"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9/tsa", "no time stamp: [Errno 111] Connection refused"),
        ("http:///tsa", "no time stamp: no host given"),
        ("file:///etc/passwd", "no address of a time-stamp authority"),
    ],
)
def test_an_authority_that_cannot_be_reached_is_named(evidence: Path, url: str, says: str) -> None:
    """And a file is none."""
    with pytest.raises(CannotRunError) as caught:
        registering.stamp(registering.register_of(evidence, KEY), registering.head(evidence), url)
    assert caught.value.message == f"{url}: {says}"
