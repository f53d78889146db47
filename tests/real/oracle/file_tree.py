"""Which files the ledger finds in a file service's tree, read from the container's disk past the service."""

from __future__ import annotations

import io
import re
import tarfile

from docker import DockerClient

LEDGER = "/srv/files/drillmaster/ledger"
NAME = re.compile(r"ledger/(\d+)/\d+/(\d+)")


def present(container: str) -> dict[tuple[int, int], str]:
    """Return (writer, sequence) to the content of each file."""
    stream, _ = DockerClient.from_env().containers.get(container).get_archive(LEDGER)
    found: dict[tuple[int, int], str] = {}
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        for entry in archive:
            if entry.isfile():
                name, content = NAME.fullmatch(entry.name), archive.extractfile(entry)
                assert name is not None, entry.name
                assert content is not None, entry.name
                found[int(name[1]), int(name[2])] = content.read().decode()
    assert found, "no file found: the oracle is blind"
    return found
