"""A time-stamp authority made of OpenSSL: a root, and a certificate of its own for stamping alone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Certificates that a reply carries beside the authority's own come in an order that strict readers refuse: it has none.
SETTINGS = """
[tsa]
default_tsa = here
[here]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[stamps]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""


def openssl(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run OpenSSL in a folder."""
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def make(folder: Path) -> Path:
    """Make an authority in a folder; its root's certificate is `root.pem`."""
    (folder / "tsa.cnf").write_text(SETTINGS)
    (folder / "serial").write_text("01\n")
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-subj")
    by_root = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "2")
    for command in (
        (*new, "/CN=Test root", "-x509", "-keyout", "root.key", "-out", "root.pem", "-days", "2"),
        (*new, "/CN=Test authority", "-keyout", "tsa.key", "-out", "tsa.csr"),
        ("x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", *by_root, "-extfile", "tsa.cnf", "-extensions", "stamps"),
    ):
        done = openssl(folder, *command)
        assert done.returncode == 0, done.stderr
    return folder


def answer(folder: Path, query: bytes) -> bytes:
    """Return the authority's reply to a query."""
    (folder / "query.tsq").write_bytes(query)
    done = openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "reply.tsr")
    assert done.returncode == 0, done.stderr
    return (folder / "reply.tsr").read_bytes()


def stamp(folder: Path, digest: str) -> bytes:
    """Return the authority's reply to who asks it to stamp a digest (SHA-256, hexadecimal)."""
    done = openssl(folder, "ts", "-query", "-digest", digest, "-sha256", "-cert", "-out", "asked.tsq")
    assert done.returncode == 0, done.stderr
    return answer(folder, (folder / "asked.tsq").read_bytes())
