"""The real engine keeps Docker's promises; below the suite, those that only a real engine can be asked for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from docker_promises import IMAGE, LABEL, Bench, DockerPromises

from orchestrator.adapters.docker_engine import DockerEngine
from orchestrator.core.docker_port import Completed, ContainerSpec
from orchestrator.core.errors import CannotRunError, StepTimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_S = 5


@pytest.fixture(scope="module")
def docker() -> DockerEngine:
    """Return the engine of this machine."""
    return DockerEngine()


class TestDockerEngine(DockerPromises):
    """The suite against the engine of this machine."""

    @pytest.fixture
    def eventually(self) -> Callable[[Callable[[], bool]], None]:
        """Wait a moment: an engine does not see at once that a process has ended."""

        def soon(holds: Callable[[], bool]) -> None:
            deadline = time.monotonic() + PATIENCE_S
            while not holds() and time.monotonic() < deadline:
                time.sleep(0.02)
            assert holds()

        return soon

    def test_nobody_outside_is_asked_for_a_name(self, docker: DockerEngine, bench: Bench) -> None:
        """Neighbours are known; and no answer is awaited when the container is removed."""
        container = bench.run()
        look = ["timeout", "0.5", "getent", "hosts"]
        found = [docker.execute(container, [*look, name]).exit_code == 0 for name in ("box", "example.com")]
        began = time.monotonic()
        docker.remove_container(container)
        assert (found, time.monotonic() - began < 2.5) == ([True, False], True)

    def test_placed_files_can_be_read_by_everybody_and_written_by_nobody(
        self, docker: DockerEngine, bench: Bench
    ) -> None:
        """Mode 0444."""
        container = bench.create(files={"/run/secrets/password": b"canary"})
        docker.start(container)
        seen = docker.execute(container, ["stat", "-c", "%a", "/run/secrets/password"], user="nobody")
        assert seen == Completed(0, "444\n")

    def test_an_orphan_is_buried(self, docker: DockerEngine, bench: Bench) -> None:
        """What a killed service leaves as a zombie would hold its locks."""
        container = bench.run()
        orphan = "(sleep 0.1 &); sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status"
        assert docker.execute(container, ["sh", "-c", orphan]) == Completed(1, "")

    def test_an_overwritten_file_keeps_owner_mode_size_and_times(self, docker: DockerEngine, bench: Bench) -> None:
        """As if the disk had held these bytes ever since; nothing is left of how it was done."""
        container = bench.run()
        script = "echo 0123456789 > /data/row; chown 7:8 /data/row; chmod 640 /data/row; touch -d 2020-02-02 /data/row"
        docker.execute(container, ["sh", "-c", script])
        look = ["stat", "-c", "%u %g %a %s %Y", "/data/row"]
        before = docker.execute(container, look)
        docker.overwrite(container, "/data/row", 2, b"xyz")
        assert docker.execute(container, ["cat", "/data/row"]) == Completed(0, "01xyz56789\n")
        assert docker.execute(container, look) == before
        assert before.output.startswith("7 8 640 11 1580")
        assert docker.labelled(LABEL, bench.label)[bench.label].containers == (container,)

    def test_a_command_that_times_out_is_killed_inside(self, docker: DockerEngine, bench: Bench) -> None:
        """With its children, and even if it ignores TERM."""
        container = bench.run()
        with pytest.raises(StepTimedOutError):
            docker.execute(container, ["sh", "-c", "trap '' TERM; sleep 61 & sleep 62"], timeout_s=0.5)
        left = docker.execute(container, ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])
        assert "sleep 6" not in left.output

    def test_what_is_said_on_standard_error_is_output_too(self, docker: DockerEngine, bench: Bench) -> None:
        """Which of the two comes first is the engine's affair: it reads two pipes."""
        told = docker.execute(bench.run(), ["sh", "-c", "echo plain; echo error >&2"]).output
        assert sorted(told.splitlines()) == ["error", "plain"]

    def test_of_a_long_output_the_middle_is_left_out(self, docker: DockerEngine, bench: Bench) -> None:
        """Head and tail are kept, and the gap is named."""
        script = "echo head; head -c 3000000 /dev/zero | tr '\\0' x; echo tail"
        output = docker.execute(bench.run(), ["sh", "-c", script]).output
        gap = "\n[2000010 bytes left out]\n"
        assert len(output) == 1_000_000 + len(gap)
        assert (output[:6], output[500_000 : 500_000 + len(gap)], output[-6:]) == ("head\nx", gap, "xtail\n")

    def test_a_command_may_read_more_than_any_buffer_holds(self, docker: DockerEngine, bench: Bench) -> None:
        """Input and output go on at once, and a command may end without reading."""
        container = bench.run()
        assert docker.execute(container, ["wc", "-c"], stdin=b"x" * 5_000_000) == Completed(0, "5000000\n")
        assert len(docker.execute(container, ["cat"], stdin=b"x" * 5_000_000).output) > 1_000_000
        assert docker.execute(container, ["true"], stdin=b"x" * 5_000_000) == Completed(0, "")

    def test_limits_of_memory_and_cpu_hold(self, docker: DockerEngine, bench: Bench) -> None:
        """Swap gives nothing on top: what needs more memory is killed."""
        spec = ContainerSpec(
            name=bench.container,
            image=IMAGE,
            network=bench.network,
            alias="box",
            labels={LABEL: bench.label},
            command=("sleep", "300"),
            memory=64 * 2**20,
            cpus=0.5,
        )
        docker.create_container(spec, {})
        docker.start(spec.name)
        limits = docker._api.inspect_container(spec.name)["HostConfig"]
        assert (limits["Memory"], limits["MemorySwap"], limits["NanoCpus"]) == (64 * 2**20, 64 * 2**20, 500_000_000)
        hog = docker.execute(spec.name, ["sh", "-c", "head -c 200000000 /dev/zero | tail -c 200000000 | wc -c"])
        assert "200000000" not in hog.output

    def test_a_built_image_runs_its_own_entrypoint_after_the_wait(
        self, docker: DockerEngine, bench: Bench, tmp_path: Path
    ) -> None:
        """As the image's own user, with the image's own arguments; a build's arguments are used."""
        dockerfile = (
            f"FROM {IMAGE}\nARG WORD\nENV WORD=$WORD\nUSER nobody\n"
            'ENTRYPOINT ["sh", "-c", "echo $0 $WORD; id -un"]\nCMD ["argument"]\n'
        )
        (tmp_path / "Dockerfile").write_text(dockerfile)
        image = f"drillmaster/test:{bench.label}"
        assert docker.build(tmp_path, image, {"WORD": "built"}) == docker.image_id(image)
        spec = ContainerSpec(bench.container, image, bench.network, "box", {LABEL: bench.label}, idle=True)
        try:
            docker.create_container(spec, {})
            docker.start(spec.name)
            docker.release(spec.name)
            time.sleep(0.5)
            log = docker.logs(spec.name).decode().splitlines()
        finally:
            docker.remove_container(spec.name)
            docker._api.remove_image(image)
        assert [line.split(" ", 1)[1] for line in log] == ["argument built", "nobody"]

    def test_a_build_that_fails_says_what_it_said_last(self, docker: DockerEngine, tmp_path: Path) -> None:
        """The engine's error and the last lines of the output."""
        (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo last words; exit 7\n")
        with pytest.raises(CannotRunError) as caught:
            docker.build(tmp_path, "drillmaster/test:fails", {})
        assert "returned a non-zero code: 7" in caught.value.message
        assert "\nlast words\n" in caught.value.message
        assert caught.value.hint == f"`docker build {tmp_path}` shows all of it"

    def test_two_may_remove_the_same_container_at_once(self, docker: DockerEngine, bench: Bench) -> None:
        """Whoever comes second waits until it is gone."""
        container = bench.run()
        with ThreadPoolExecutor(4) as pool:
            removals = [pool.submit(docker.remove_container, container) for _ in range(4)]
        assert [removal.result() for removal in removals] == [None] * 4
        assert docker.state(container) is None

    def test_the_short_lived_container_leaves_nothing(self, docker: DockerEngine) -> None:
        """Looking for tools makes a container and removes it, even when the image has no such shell."""
        before = {box["Id"] for box in docker._api.containers(all=True, filters={"ancestor": IMAGE})}
        docker.missing_tools(IMAGE, ["cat"])
        after = {box["Id"] for box in docker._api.containers(all=True, filters={"ancestor": IMAGE})}
        assert after - before == set()


def test_an_engine_that_is_not_there_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the cause, and what to do."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(CannotRunError) as caught:
        DockerEngine().describe()
    assert caught.value.message == "reach the engine: no Docker engine answers: Connection refused"
    assert caught.value.hint == (
        "start Docker, let `make setup` install it, or name another engine with DOCKER_HOST; "
        "where permission is denied, join the group `docker`"
    )
