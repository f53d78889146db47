#!/usr/bin/env python3
"""Build the images of the lab, or those named; Docker's own cache makes an unchanged one cost nothing.

They start from Debian's slim images where a registry gives them, else from ones made of Debian's packages.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import docker

from orchestrator.adapters.docker_engine import DockerEngine
from orchestrator.core.errors import CannotRunError

PROJECT = Path(__file__).resolve().parents[1]
IMAGES = {
    "drillmaster/barman:15": ("drillmaster/postgres:15", "barman", {}),
    "drillmaster/disk-keeper:1": ("bookworm", "disk-keeper", {}),
    "drillmaster/django-shop:1": ("bookworm", "django-shop", {}),
    "drillmaster/files:1": ("bookworm", "files", {}),
    "drillmaster/mail:1": ("bookworm", "mail", {}),
    "drillmaster/mariadb:10.11": ("bookworm", "mariadb", {}),
    "drillmaster/pgbouncer:1": ("bookworm", "pgbouncer", {}),
    "drillmaster/postgres:13": ("bullseye", "postgres", {"POSTGRES_VERSION": "13"}),
    "drillmaster/postgres:15": ("bookworm", "postgres", {"POSTGRES_VERSION": "15"}),
    "drillmaster/postgres:17": ("trixie", "postgres", {"POSTGRES_VERSION": "17"}),
    "drillmaster/postgres:18": ("forky", "postgres", {"POSTGRES_VERSION": "18"}),
    "drillmaster/redis:7": ("bookworm", "redis", {}),
}
"""Each with the Debian suite that has it, or the image that it is made of; its folder; its build's arguments."""
ON_REQUEST = {"drillmaster/postgres:13"}
"""Built only when named: mirrors keep so old a suite for as long as they like."""
BASE = "drillmaster/base"
APT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def base(engine: DockerEngine, suite: str) -> str:
    """Return the image to start from, which is then here; raises CannotRunError when there is no way to one."""
    slim, own = f"debian:{suite}-slim", f"{BASE}:{suite}"
    if engine.image_id(own):
        return own
    if engine.image_id(slim) or engine.pull(slim):
        docker.from_env().api.tag(slim, BASE, suite)
        return own
    print(f"no registry gives {slim}: making {own} of Debian's packages", file=sys.stderr)
    if not shutil.which("mmdebstrap"):
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise CannotRunError("mmdebstrap is not installed", hint="install it, or `docker load` an image as " + slim)
        subprocess.run(["apt-get", "update", "-qq"], env=APT, check=True)
        subprocess.run(
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "mmdebstrap"], env=APT, check=True
        )
    # A mirror may lag behind a suite under development by more than the week that its index is good for.
    options = ["--variant=minbase", "--include=ca-certificates", '--aptopt=Acquire::Check-Valid-Until "false"']
    command = ["mmdebstrap", "--quiet", *options, suite]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as making:
        docker.from_env(timeout=600).api.import_image(src=making.stdout, repository=BASE, tag=suite)
    if making.returncode:
        raise CannotRunError(f"mmdebstrap ended with {making.returncode}", hint="what it printed above tells why")
    return own


def build(engine: DockerEngine, image: str) -> str:
    """Build an image after the one that it is made of, and return its name; raises CannotRunError."""
    origin, folder, arguments = IMAGES[image]
    start = build(engine, origin) if origin in IMAGES else base(engine, origin)
    engine.build(PROJECT / "drills" / "images" / folder, image, {"BASE": start, **arguments})
    return image


def main(wanted: list[str]) -> int:
    """Build the images that are wanted; return the exit code."""
    try:
        engine = DockerEngine()
        for image in wanted:
            build(engine, image)
    except CannotRunError as error:
        print(f"{error.message}\nhint: {error.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [image for image in IMAGES if image not in ON_REQUEST]))
