"""The fake keeps Docker's promises, so that what is tested with it may be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docker_promises import DockerPromises
from fake_docker import FakeDocker

if TYPE_CHECKING:
    from collections.abc import Callable


class TestFakeDocker(DockerPromises):
    """The suite against the fake."""

    @pytest.fixture
    def docker(self) -> FakeDocker:
        """Return an engine in memory."""
        return FakeDocker()

    @pytest.fixture
    def eventually(self) -> Callable[[Callable[[], bool]], None]:
        """Wait for nothing: nothing takes time in memory."""

        def at_once(holds: Callable[[], bool]) -> None:
            assert holds()

        return at_once
