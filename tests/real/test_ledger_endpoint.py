"""Where the ledger connects to, asked of the real Docker engine."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

import docker
import pytest

from orchestrator.ledger.endpoint import FRESH_NS, DockerEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container

IMAGE = "drillmaster/postgres:15"


@pytest.fixture
def container() -> Iterator[Container]:
    """Return a running container on a network of its own, both of the same name."""
    client = docker.from_env()
    name = f"drillmaster-test-endpoint-{secrets.token_hex(4)}"
    network = client.networks.create(name, internal=True, labels={"drillmaster.test": "endpoint"})
    container = client.containers.create(
        IMAGE, ["sleep", "60"], name=name, network=name, labels={"drillmaster.test": "endpoint"}
    )
    try:
        container.start()
        yield container
    finally:
        container.remove(force=True, v=True)
        network.remove()
        client.close()


def look_up_anew(endpoint: DockerEndpoint) -> tuple[str, int] | None:
    """Look up once no earlier answer is fresh any more."""
    time.sleep(FRESH_NS / 1e9)
    return endpoint.look_up()


def test_a_container_is_found_while_it_runs_and_only_then(container: Container) -> None:
    """Its address on the lab's network; none once it is killed, one again once it runs."""
    name = str(container.name)
    endpoint = DockerEndpoint(name, name, 5432, None)
    container.reload()
    address = container.attrs["NetworkSettings"]["Networks"][name]["IPAddress"]
    assert endpoint.look_up() == (address, 5432)
    container.kill()
    container.wait()
    assert look_up_anew(endpoint) is None
    container.start()
    assert look_up_anew(endpoint) is not None
    endpoint.close()


def test_a_moved_endpoint_is_another_container_at_once(container: Container) -> None:
    """No earlier answer is given any more, however fresh."""
    endpoint = DockerEndpoint(str(container.name), str(container.name), 5432, None)
    assert endpoint.look_up() is not None
    endpoint.move("drillmaster-test-nothing")
    assert endpoint.look_up() is None
    endpoint.close()


def test_no_container_has_no_address() -> None:
    """What does not exist (any more) is nowhere, and that is no error."""
    endpoint = DockerEndpoint("drillmaster-test-nothing", "drillmaster-test-nothing", 5432, None)
    assert endpoint.look_up() is None
    endpoint.close()


def test_an_access_path_outside_the_lab_is_used_while_the_container_has_an_address(container: Container) -> None:
    """Clients go through the path, but a path to nothing is not tried."""
    name = str(container.name)
    endpoint = DockerEndpoint(name, name, 5432, ("127.0.0.1", 6432))
    assert endpoint.look_up() == ("127.0.0.1", 6432)
    container.kill()
    container.wait()
    assert look_up_anew(endpoint) is None
    endpoint.close()


def test_a_network_the_container_is_not_on_leads_nowhere(container: Container) -> None:
    """An address on another network is not the service's."""
    endpoint = DockerEndpoint(str(container.name), "another", 5432, None)
    assert endpoint.look_up() is None
    endpoint.close()
