"""What the docker SDK raises, in the project's own terms."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.core.errors import CannotRunError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def doing(what: str, *, absent_ok: bool = False) -> Iterator[None]:
    """Turn what the SDK raises into CannotRunError naming `what`; with `absent_ok` a missing object is no error."""
    import docker.errors
    import requests
    import urllib3

    try:
        yield
    except docker.errors.APIError as error:
        if absent_ok and isinstance(error, docker.errors.NotFound):
            return
        raise CannotRunError(
            f"{what}: {error.explanation or error}",
            hint="the engine's own log says more, such as `journalctl -u docker`",
        ) from error
    except (requests.Timeout, TimeoutError, urllib3.exceptions.TimeoutError) as error:
        raise CannotRunError(
            f"{what}: the Docker engine did not answer in time", hint="it may be overloaded, or its disk full"
        ) from error
    except (docker.errors.DockerException, requests.ConnectionError, urllib3.exceptions.HTTPError) as error:
        raise CannotRunError(
            f"{what}: no Docker engine answers: {_first_cause(error)}",
            hint="start Docker, let `make setup` install it, or name another engine with DOCKER_HOST; "
            "where permission is denied, join the group `docker`",
        ) from error


def _first_cause(error: BaseException) -> str:
    while error.__context__ is not None:
        error = error.__context__
    return getattr(error, "strerror", None) or str(error)
