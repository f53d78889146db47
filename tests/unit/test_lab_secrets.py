"""Secrets that services share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_docker import FakeDocker
from fakes import World

if TYPE_CHECKING:
    from pathlib import Path


def test_a_client_has_the_password_of_what_it_uses(tmp_path: Path) -> None:
    """As a file, beside its own: never in its environment."""
    world = World(FakeDocker(images={"any:1": "sha256:1"}))
    lab = world.lab(tmp_path)
    services = lab.loaded.drill.lab.services
    services["app"] = services["db"].model_copy(update={"uses": ("db",), "volumes": {}})
    lab.provision()
    passwords = {name: lab.secrets.value(name, "password").encode() for name in ("db", "app")}
    app = world.docker.containers[lab.container("app")]
    assert app.own == {"/run/secrets/password": passwords["app"], "/run/secrets/db_password": passwords["db"]}
    assert app.spec.environment == {"ROLE": "app"}
