"""Where the service under test is now, asked of the engine by the label that all of a run's objects carry."""

from __future__ import annotations

import socket
import struct

from docker import DockerClient
from docker.errors import NotFound

FOLDER = "drillmaster.folder"


def close_hard(connection: socket.socket) -> None:
    """Let a close reset the connection: a polite one keeps asking for an address that may have vanished.

    That would hold up everybody's first packet to its successor by up to a second.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class LabAddress:
    """Finds the container that serves in the one run whose evidence lies under a directory.

    It is that of the first of the services that runs: a standby serves when its primary is gone.
    """

    def __init__(self, evidence: str, *services: str) -> None:
        self._docker = DockerClient.from_env()
        self._evidence = evidence
        self._services = services

    def container(self) -> str | None:
        """Return the running container's name, or None."""
        containers = self._docker.containers.list(filters={"label": FOLDER}, ignore_removed=True)
        ours = [str(one.name) for one in containers if one.labels[FOLDER].startswith(self._evidence + "/")]
        running = (name for service in self._services for name in ours if name.endswith(f"-{service}"))
        return next(running, None)

    def address(self) -> str | None:
        """Return the running container's address, or None."""
        name = self.container()
        if name is None:
            return None
        try:
            networks = self._docker.api.inspect_container(name)["NetworkSettings"]["Networks"]
        except NotFound:  # removed since
            return None
        return next((network["IPAddress"] for network in networks.values() if network["IPAddress"]), None)

    def read_file(self, path: str) -> str:
        """Return a file's content inside the container."""
        result = self._docker.containers.get(str(self.container())).exec_run(["cat", path])
        assert result.exit_code == 0, result.output
        return str(result.output.decode())
