"""The connection to an engine, and its images."""

from __future__ import annotations

import time
import weakref
from collections import deque
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any

from orchestrator.adapters import docker_once
from orchestrator.adapters.docker_errors import doing
from orchestrator.adapters.docker_once import ANSWER_S
from orchestrator.adapters.whole import whole
from orchestrator.core.errors import CannotRunError
from orchestrator.core.sweep import PROBE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

REGISTRY_S = 5
"""How long a registry may take to say whether it has an image: without a network the answer is no, soon."""
BUILD_SILENCE_S = 600
"""How long a build may print nothing."""
LOOK_FOR_TOOLS = 'for tool; do command -v "$tool" > /dev/null || echo "$tool"; done; exit 0'


class DockerImages:
    """An engine's images: found, pulled, built, looked into."""

    def __init__(self) -> None:
        import docker

        # Any: the SDK is typed in part only.
        self._sdk: Any = docker
        self._where = self._sdk.utils.kwargs_from_env()

    @cached_property
    def _api(self) -> Any:
        """Return the connection, made when it is first needed: a tabletop needs none."""
        with doing("reach the engine"):
            connection = self._sdk.APIClient(**self._where, timeout=ANSWER_S)
        weakref.finalize(self, connection.close)
        return connection

    def image_id(self, image: str) -> str | None:
        """Return the image's content id, or None when it is not here."""
        with doing(f"look for image {image}", absent_ok=True):
            return str(self._api.inspect_image(image)["Id"])
        return None

    def pull(self, image: str) -> str | None:
        """Return the id of the pulled image, or None when no registry gives it (within REGISTRY_S: says it has it)."""
        try:
            with closing(self._sdk.APIClient(**self._where, timeout=REGISTRY_S)) as registry:
                registry.inspect_distribution(image)
        except (self._sdk.errors.DockerException, OSError):
            return None
        with doing(f"pull {image}"):
            deque(self._api.pull(image, stream=True), maxlen=0)
        return self.image_id(image)

    def build(self, context: Path, image: str, arguments: Mapping[str, str]) -> str:
        """Build and tag an image; return its id. The error names the build's last lines."""
        if not (context / "Dockerfile").is_file():
            raise CannotRunError(
                f"build {image}: {context} holds no Dockerfile", hint="`build:` is relative to the drill's file"
            )
        said: deque[str] = deque(maxlen=12)
        with doing(f"build {image}"):
            steps = self._api.build(
                path=str(context),
                tag=image,
                buildargs=dict(arguments),
                rm=True,
                forcerm=True,
                decode=True,
                timeout=BUILD_SILENCE_S,
            )
            error = ""
            for step in steps:
                said.append(str(step.get("stream", "")))
                error = step.get("error", error)
            if error:
                raise CannotRunError(
                    f"build {image}: {error}: {''.join(said).strip()}", hint=f"`docker build {context}` shows all of it"
                )
            return str(self._api.inspect_image(image)["Id"])

    @whole
    def missing_tools(self, image: str, tools: Sequence[str]) -> list[str]:
        """Return those of `tools` that are on no PATH inside the image (looked up in a short-lived container)."""
        with doing(f"look for tools in {image}"):
            labels = {PROBE: str(int(time.time()))}
            done = docker_once.run(self._api, image, ["sh", "-c", LOOK_FOR_TOOLS, "sh", *tools], labels, {})
        if done.exit_code != 0:
            raise CannotRunError(f"look for tools in {image}: {done.output.strip()}")
        return done.output.split()
