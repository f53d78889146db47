"""One command in a container of its own that lives no longer than the command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.core.docker_port import Completed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ANSWER_S = 60
"""How long the engine, or such a command, may take."""


def run(api: Any, image: str, argv: Sequence[str], labels: Mapping[str, str], host: Mapping[str, Any]) -> Completed:
    """Run a command as root, without a network, under the host configuration `host`.

    What it said on standard error is told only if it failed.
    """
    made = api.create_container(
        image,
        entrypoint=[argv[0]],
        command=list(argv[1:]),
        user="0",
        labels=dict(labels),
        host_config=api.create_host_config(network_mode="none", init=True, **host),
    )["Id"]
    try:
        api.start(made)
        exit_code = int(api.wait(made, timeout=ANSWER_S)["StatusCode"])
        return Completed(exit_code, bytes(api.logs(made, stderr=exit_code != 0)).decode(errors="replace"))
    finally:
        api.remove_container(made, force=True, v=True)
