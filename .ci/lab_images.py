#!/usr/bin/env python3
"""Build the images of the lab from what their folders hold; Docker's own cache makes an unchanged one cost nothing.

They start from Debian's slim image where a registry gives it, else from one made of Debian's packages.
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
IMAGES = {"drillmaster/postgres:15": ("postgres", {"POSTGRES_VERSION": "15"})}
SUITE = "bookworm"
SLIM, OWN = f"debian:{SUITE}-slim", "drillmaster/base"
APT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}


def base(engine: DockerEngine) -> str:
    """Return the image to start from, which is then here; raises CannotRunError when there is no way to one."""
    own = f"{OWN}:{SUITE}"
    for image in (SLIM, own):
        if engine.image_id(image):
            return image
    if engine.pull(SLIM):
        return SLIM
    print(f"no registry gives {SLIM}: making {own} of Debian's packages", file=sys.stderr)
    if not shutil.which("mmdebstrap"):
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise CannotRunError("mmdebstrap is not installed", hint="install it, or `docker load` an image as " + SLIM)
        subprocess.run(["apt-get", "update", "-qq"], env=APT, check=True)
        subprocess.run(
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "mmdebstrap"], env=APT, check=True
        )
    command = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates", SUITE]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as making:
        docker.from_env(timeout=600).api.import_image(src=making.stdout, repository=OWN, tag=SUITE)
    if making.returncode:
        raise CannotRunError(f"mmdebstrap ended with {making.returncode}", hint="what it printed above tells why")
    return own


def main() -> int:
    """Build all images; return the exit code."""
    engine = DockerEngine()
    try:
        arguments = {"BASE": base(engine)}
        for image, (folder, more) in IMAGES.items():
            engine.build(PROJECT / "drills" / "images" / folder, image, arguments | more)
    except CannotRunError as error:
        print(f"{error.message}\nhint: {error.hint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
