"""What the port `Docker` promises: one suite, held against the fake (tests/unit) and a real engine (tests/real)."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.docker_port import Completed, ContainerSpec, ContainerState, LabObjects
from orchestrator.core.errors import CannotRunError, StepTimedOutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.core.docker_port import Docker

IMAGE = "drillmaster/base:bookworm"
LABEL = "drillmaster.test"
GOES_ON = ("sleep", "300")
STAMPED = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (.*)\n")


class Bench:
    """A network and a volume of one test, and the containers that it makes on them."""

    def __init__(self, docker: Docker) -> None:
        self.docker = docker
        self.label = secrets.token_hex(4)
        self.network, self.volume, self.container = (f"dmtest-{self.label}-{what}" for what in ("net", "vol", "box"))
        docker.create_network(self.network, {LABEL: self.label})
        docker.create_volume(self.volume, {LABEL: self.label})

    def create(self, *command: str, idle: bool = False, files: dict[str, bytes] | None = None) -> str:
        """Create the container, with the volume at /data; return its name."""
        spec = ContainerSpec(
            name=self.container,
            image=IMAGE,
            network=self.network,
            alias="box",
            labels={LABEL: self.label},
            volumes={self.volume: "/data"},
            command=command or GOES_ON,
            idle=idle,
        )
        self.docker.create_container(spec, files or {})
        return self.container

    def run(self, *command: str, idle: bool = False) -> str:
        """Create and start the container; return its name."""
        container = self.create(*command, idle=idle)
        self.docker.start(container)
        return container

    def run_for_good(self, *, idle: bool = False) -> str:
        """Run a container that goes on, and return when a signal finds its process: before that, it would be lost."""
        container = self.run(idle=idle)
        for _ in range(3):
            self.docker.execute(container, ["true"])
        return container

    def clear(self) -> None:
        """Remove all of it."""
        objects = self.docker.labelled(LABEL, self.label).get(self.label, LabObjects())
        for names, remove in (
            (objects.containers, self.docker.remove_container),
            (objects.volumes, self.docker.remove_volume),
            (objects.networks, self.docker.remove_network),
        ):
            for name in names:
                remove(name)


class DockerPromises:
    """The suite. A subclass gives the fixture `docker`, and `eventually` where the engine takes its time."""

    @pytest.fixture
    def bench(self, docker: Docker) -> Iterator[Bench]:
        """Yield a network and a volume, removed afterwards with all that the test made."""
        bench = Bench(docker)
        yield bench
        bench.clear()

    def test_an_image_is_known_by_its_id(self, docker: Docker) -> None:
        """An image that is here has an id, another has none."""
        assert (docker.image_id(IMAGE) or "").startswith("sha256:")
        assert docker.image_id("drillmaster/nothing:none") is None

    def test_pulling_what_no_registry_has_gives_none(self, docker: Docker) -> None:
        """A registry that has nothing, or none that answers, is no error."""
        assert docker.pull("drillmaster/nothing:none") is None

    def test_building_without_a_dockerfile_says_where_it_was_looked_for(self, docker: Docker, tmp_path: Path) -> None:
        """The folder is named."""
        with pytest.raises(CannotRunError) as caught:
            docker.build(tmp_path, "drillmaster/nothing:none", {})
        assert caught.value.message == f"build drillmaster/nothing:none: {tmp_path} holds no Dockerfile"

    def test_missing_tools_are_named_in_order(self, docker: Docker) -> None:
        """Only what the image lacks is named."""
        assert docker.missing_tools(IMAGE, ["pgbench", "cat", "barman", "sleep"]) == ["pgbench", "barman"]

    def test_what_is_not_there_has_no_state(self, docker: Docker) -> None:
        """Looking at nothing is no error."""
        assert docker.state("dmtest-nothing") is None
        assert docker.is_idle("dmtest-nothing") is False
        assert docker.volume_exists("dmtest-nothing") is False
        assert docker.network_gateway("dmtest-nothing") is None
        assert docker.is_internal("dmtest-nothing") is False
        assert docker.labelled(LABEL, "dmtest-nothing") == {}

    def test_removing_what_is_not_there_is_no_error(self, docker: Docker, bench: Bench) -> None:
        """Every removal can be repeated."""
        container = bench.run()
        for _ in range(2):
            docker.remove_container(container)
            docker.remove_volume(bench.volume)
            docker.remove_network(bench.network)
        assert docker.labelled(LABEL, bench.label) == {}

    def test_acting_on_what_is_not_there_is_an_error(self, docker: Docker) -> None:
        """Only removals are forgiving."""
        for act in (docker.start, docker.release, docker.logs):
            with pytest.raises(CannotRunError):
                act("dmtest-nothing")

    def test_a_name_is_given_once(self, docker: Docker, bench: Bench) -> None:
        """Neither a container nor a network replaces another of its name."""
        bench.create()
        with pytest.raises(CannotRunError):
            bench.create()
        with pytest.raises(CannotRunError):
            docker.create_network(bench.network, {})

    def test_a_created_container_does_not_run(self, docker: Docker, bench: Bench) -> None:
        """It has neither an address nor an exit code."""
        seen = docker.state(bench.create())
        assert seen == ContainerState(running=False, address=None, exit_code=None, started_at="0001-01-01T00:00:00Z")

    def test_a_running_container_has_an_address_on_the_labs_network(self, docker: Docker, bench: Bench) -> None:
        """And no exit code; its first process is one of the engine's machine."""
        seen = docker.state(bench.run())
        gateway = docker.network_gateway(bench.network)
        assert seen is not None
        assert (seen.process or 0) > 0
        assert (seen.running, seen.exit_code) == (True, None)
        assert gateway is not None
        assert (seen.address or "").rsplit(".", 1)[0] == gateway.rsplit(".", 1)[0]

    def test_a_network_is_internal_unless_it_was_made_open(self, docker: Docker, bench: Bench) -> None:
        """By the engine's own word."""
        opened = f"{bench.network}-more"
        docker.create_network(opened, {LABEL: bench.label}, internal=False)
        assert (docker.is_internal(bench.network), docker.is_internal(opened)) == (True, False)

    def test_a_container_on_no_network_has_no_address(self, docker: Docker, bench: Bench) -> None:
        """It runs all the same."""
        labels = {LABEL: bench.label}
        docker.create_container(ContainerSpec(bench.container, IMAGE, "none", "", labels, command=GOES_ON), {})
        docker.start(bench.container)
        seen = docker.state(bench.container)
        assert seen is not None
        assert (seen.running, seen.address) == (True, None)

    def test_one_more_network_leaves_the_address_as_it_is(self, docker: Docker, bench: Bench) -> None:
        """The address is always the one on the lab's network."""
        container = bench.run()
        before = docker.state(container)
        docker.create_network(f"{bench.network}-more", {LABEL: bench.label})
        docker.connect(f"{bench.network}-more", container)
        assert docker.state(container) == before

    def test_starting_a_running_container_leaves_it_as_it_is(self, docker: Docker, bench: Bench) -> None:
        """It is not restarted."""
        container = bench.run()
        before = docker.state(container)
        docker.start(container)
        assert docker.state(container) == before

    def test_a_command_that_ends_leaves_its_exit_code_and_what_it_printed(
        self, docker: Docker, bench: Bench, eventually: Callable[[Callable[[], bool]], None]
    ) -> None:
        """Each printed line is led by a time stamp of nanoseconds."""
        container = bench.run("echo", "hello")
        eventually(lambda: docker.state(container).exit_code == 0)  # type: ignore[union-attr]
        printed = STAMPED.fullmatch(docker.logs(container))
        assert printed is not None
        assert printed[1] == b"hello"

    def test_stopping_asks_politely(self, docker: Docker, bench: Bench) -> None:
        """TERM ends the command; stopping once more is no error."""
        container = bench.run_for_good()
        docker.stop(container, 30)
        docker.stop(container, 30)
        seen = docker.state(container)
        assert seen is not None
        assert (seen.running, seen.address, seen.exit_code) == (False, None, 143)

    def test_killing_leaves_no_time(
        self, docker: Docker, bench: Bench, eventually: Callable[[Callable[[], bool]], None]
    ) -> None:
        """KILL ends the first process; there is nothing to kill afterwards."""
        container = bench.run()
        docker.kill(container, "KILL")
        eventually(lambda: docker.state(container).exit_code == 137)  # type: ignore[union-attr]
        with pytest.raises(CannotRunError):
            docker.kill(container, "KILL")

    def test_a_frozen_container_runs_and_does_nothing(self, docker: Docker, bench: Bench) -> None:
        """It keeps its address; no command runs in it, and it cannot be frozen twice."""
        container = bench.run()
        before = docker.state(container)
        assert before is not None
        docker.pause(container)
        assert docker.state(container) == replace(before, paused=True)
        for act in (docker.pause, lambda name: docker.execute(name, ["true"])):
            with pytest.raises(CannotRunError):
                act(container)

    def test_a_killed_frozen_container_has_ended_and_starts_thawed(self, docker: Docker, bench: Bench) -> None:
        """Its end need not be waited for."""
        container = bench.run()
        docker.pause(container)
        docker.kill(container, "KILL")
        seen = docker.state(container)
        assert seen is not None
        assert (seen.running, seen.paused, seen.exit_code) == (False, False, 137)
        docker.start(container)
        assert docker.execute(container, ["true"]) == Completed(0, "")

    def test_a_frozen_container_can_be_removed(self, docker: Docker, bench: Bench) -> None:
        """A tear-down need not thaw it."""
        container = bench.run()
        docker.pause(container)
        docker.remove_container(container)
        assert docker.state(container) is None

    def test_only_what_runs_can_be_frozen(self, docker: Docker, bench: Bench) -> None:
        """It is an error, no silence."""
        with pytest.raises(CannotRunError):
            docker.pause(bench.create())

    def test_a_detached_container_runs_without_an_address_until_it_is_attached_again(
        self, docker: Docker, bench: Bench
    ) -> None:
        """It is not restarted by either; what is not attached cannot be detached."""
        container = bench.run()
        before = docker.state(container)
        assert before is not None
        docker.disconnect(bench.network, container)
        assert docker.state(container) == replace(before, address=None, attached=False)
        assert docker.execute(container, ["true"]) == Completed(0, "")
        with pytest.raises(CannotRunError):
            docker.disconnect(bench.network, container)
        docker.connect(bench.network, container, alias="box")
        after = docker.state(container)
        assert after is not None
        assert (after.attached, after.started_at) == (True, before.started_at)
        assert (after.address or "").rsplit(".", 1)[0] == (before.address or "").rsplit(".", 1)[0]

    def test_a_detached_container_that_has_ended_can_be_attached_before_it_starts(
        self, docker: Docker, bench: Bench
    ) -> None:
        """It has its address as soon as it runs."""
        container = bench.run_for_good()
        docker.disconnect(bench.network, container)
        docker.stop(container, 30)
        seen = docker.state(container)
        assert seen is not None
        assert (seen.running, seen.attached) == (False, False)
        docker.connect(bench.network, container, alias="box")
        docker.start(container)
        seen = docker.state(container)
        assert seen is not None
        assert seen.attached
        assert seen.address is not None

    def test_a_volume_in_use_cannot_be_removed(self, docker: Docker, bench: Bench) -> None:
        """Not even while its container does not run."""
        container = bench.create()
        with pytest.raises(CannotRunError):
            docker.remove_volume(bench.volume)
        assert docker.volume_exists(bench.volume)
        docker.remove_container(container)
        docker.remove_volume(bench.volume)
        assert not docker.volume_exists(bench.volume)

    def test_a_network_in_use_cannot_be_removed(self, docker: Docker, bench: Bench) -> None:
        """A running container holds it."""
        bench.run()
        with pytest.raises(CannotRunError):
            docker.remove_network(bench.network)

    def test_what_one_container_writes_another_that_can_only_read_sees(self, docker: Docker, bench: Bench) -> None:
        """One volume in two containers; the reader's own writes fail and change nothing."""
        writer = bench.run_for_good()
        reader = f"{writer}-reader"
        spec = ContainerSpec(
            name=reader,
            image=IMAGE,
            network=bench.network,
            alias="reader",
            labels={LABEL: bench.label},
            volumes={bench.volume: "/data"},
            read_only=frozenset({bench.volume}),
            command=GOES_ON,
        )
        docker.create_container(spec, {})
        docker.start(reader)
        docker.execute(writer, ["tee", "/data/note"], stdin=b"kept")
        refused = docker.execute(reader, ["tee", "/data/note"], stdin=b"spoilt")
        assert (refused.exit_code, "Read-only file system" in refused.output) == (1, True)
        assert docker.execute(reader, ["cat", "/data/note"]).output == "kept"

    def test_what_lies_on_this_machine_can_be_read_inside_and_by_nobody_written(
        self, docker: Docker, bench: Bench, tmp_path: Path
    ) -> None:
        """Not even by root; and a path that is not there is refused, not made."""
        (tmp_path / "note").write_text("kept")
        spec = ContainerSpec(
            name=bench.container,
            image=IMAGE,
            network=bench.network,
            alias="box",
            labels={LABEL: bench.label},
            sources={str(tmp_path): "/mnt/existing"},
            command=GOES_ON,
        )
        docker.create_container(spec, {})
        docker.start(spec.name)
        for path in ("/mnt/existing/note", "/mnt/existing/more"):
            refused = docker.execute(spec.name, ["tee", path], stdin=b"spoilt")
            assert (refused.exit_code, "Read-only file system" in refused.output) == (1, True)
        assert docker.execute(spec.name, ["cat", "/mnt/existing/note"]).output == "kept"
        assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("note", "kept")]
        nowhere = replace(spec, name=f"{spec.name}-2", sources={str(tmp_path / "nowhere"): "/mnt/existing"})
        with pytest.raises(CannotRunError, match="nowhere"):
            docker.create_container(nowhere, {})
        assert not (tmp_path / "nowhere").exists()

    def test_a_volume_outlives_its_container_and_comes_back_empty(self, docker: Docker, bench: Bench) -> None:
        """What is in a volume goes with the volume only; what is outside goes with the container."""
        container = bench.run()
        for path in ("/data/row", "/row"):
            docker.execute(container, ["tee", path], stdin=b"1")
        docker.remove_container(container)
        bench.run()
        assert docker.execute(container, ["cat", "/data/row"]) == Completed(0, "1")
        assert docker.execute(container, ["cat", "/row"]).exit_code == 1
        docker.remove_container(container)
        docker.remove_volume(bench.volume)
        docker.create_volume(bench.volume, {LABEL: bench.label})
        bench.run()
        assert docker.execute(container, ["cat", "/data/row"]).exit_code == 1

    def test_bytes_of_a_file_in_a_volume_are_read_and_overwritten_in_place(self, docker: Docker, bench: Bench) -> None:
        """Whether the container runs or not; what is read may end before what was asked for."""
        container = bench.run_for_good()
        docker.execute(container, ["tee", "/data/row"], stdin=b"0123456789")
        docker.overwrite(container, "/data/row", 3, b"abc")
        assert docker.execute(container, ["cat", "/data/row"]) == Completed(0, "012abc6789")
        docker.stop(container, 30)
        docker.overwrite(container, "/data/row", 8, b"\x00\xff")
        assert docker.read_file(container, "/data/row", 6, 100) == b"67\x00\xff"
        assert docker.read_file(container, "/data/row", 0, 4) == b"012a"

    def test_a_file_is_not_made_longer_nor_looked_for_outside_the_volumes(self, docker: Docker, bench: Bench) -> None:
        """The error names the file; what is there stays as it is."""
        container = bench.run_for_good()
        for path in ("/data/row", "/row"):
            docker.execute(container, ["tee", path], stdin=b"0123")
        for path, at in (("/data/row", 3), ("/row", 0), ("/data/none", 0)):
            with pytest.raises(CannotRunError, match=path):
                docker.overwrite(container, path, at, b"ab")
        for path in ("/row", "/data/none"):
            with pytest.raises(CannotRunError, match=path):
                docker.read_file(container, path, 0, 1)
        assert docker.read_file(container, "/data/row", 0, 4) == b"0123"

    def test_placed_files_are_there_from_the_start(self, docker: Docker, bench: Bench) -> None:
        """In folders that the image lacks too."""
        container = bench.create(files={"/run/secrets/password": b"canary", "/new/folder/file": b"x"})
        docker.start(container)
        assert docker.execute(container, ["cat", "/run/secrets/password"]) == Completed(0, "canary")
        assert docker.execute(container, ["cat", "/new/folder/file"]) == Completed(0, "x")

    def test_a_command_inside_gives_its_exit_code_and_output(self, docker: Docker, bench: Bench) -> None:
        """Whether it succeeds, fails or does not exist; what it reads is its standard input."""
        container = bench.run()
        assert docker.execute(container, ["echo", "a", "b"]) == Completed(0, "a b\n")
        assert docker.execute(container, ["cat"], stdin=b"read") == Completed(0, "read")
        assert docker.execute(container, ["false"]) == Completed(1, "")
        assert docker.execute(container, ["pgbench"]).exit_code == 127

    def test_a_command_inside_that_goes_on_times_out(self, docker: Docker, bench: Bench) -> None:
        """The error names the command, the container and the time."""
        container = bench.run()
        with pytest.raises(StepTimedOutError) as caught:
            docker.execute(container, ["sleep", "60"], timeout_s=0.5)
        assert caught.value.message == f"sleep in {container}: did not end within 0.5 s"

    def test_nothing_runs_inside_a_stopped_container(self, docker: Docker, bench: Bench) -> None:
        """It is an error, no exit code."""
        with pytest.raises(CannotRunError):
            docker.execute(bench.create(), ["true"])

    def test_an_idle_container_waits_until_it_is_released(
        self, docker: Docker, bench: Bench, eventually: Callable[[Callable[[], bool]], None]
    ) -> None:
        """Commands run inside meanwhile; then its own command runs in place of the wait."""
        container = bench.run("echo", "own command", idle=True)
        assert docker.is_idle(container)
        assert docker.execute(container, ["echo", "inside"]) == Completed(0, "inside\n")
        assert docker.logs(container) == b""
        docker.release(container)
        eventually(lambda: docker.state(container).exit_code == 0)  # type: ignore[union-attr]
        assert STAMPED.findall(docker.logs(container)) == [b"own command"]
        assert not docker.is_idle(container)

    def test_a_release_holds_for_every_later_start(
        self, docker: Docker, bench: Bench, eventually: Callable[[Callable[[], bool]], None]
    ) -> None:
        """Once released it never waits again."""
        container = bench.run(idle=True)
        docker.release(container)
        assert not docker.is_idle(container)
        for end in (lambda: docker.stop(container, 10), lambda: docker.kill(container, "KILL")):
            end()
            eventually(lambda: not docker.state(container).running)  # type: ignore[union-attr]
            docker.start(container)
            assert docker.state(container).running  # type: ignore[union-attr]
            assert not docker.is_idle(container)

    def test_an_idle_container_that_is_stopped_waits_again(self, docker: Docker, bench: Bench) -> None:
        """It heeds the polite request, and a restart does not release it."""
        container = bench.run_for_good(idle=True)
        docker.stop(container, 30)
        seen = docker.state(container)
        assert seen is not None
        assert seen.exit_code == 143
        docker.start(container)
        assert docker.is_idle(container)

    def test_a_container_with_a_command_at_work_is_not_idle(self, docker: Docker, bench: Bench) -> None:
        """Only waiting is."""
        assert not docker.is_idle(bench.run())

    def test_labelled_objects_are_grouped_by_the_labels_value(self, docker: Docker, bench: Bench) -> None:
        """All kinds of objects, and only those of the value asked for."""
        container = bench.create()
        docker.create_volume(f"{bench.volume}-other", {LABEL: f"{bench.label}-other"})
        mine = LabObjects((container,), (bench.network,), (bench.volume,))
        other = LabObjects(volumes=(f"{bench.volume}-other",))
        try:
            every = docker.labelled(LABEL)
            assert (every[bench.label], every[f"{bench.label}-other"]) == (mine, other)
            assert docker.labelled(LABEL, bench.label) == {bench.label: mine}
        finally:
            docker.remove_volume(f"{bench.volume}-other")

    def test_what_runs_is_known_by_name(self, docker: Docker, bench: Bench) -> None:
        """A container that was only created does not run."""
        container = bench.create()
        assert container not in docker.running()
        docker.start(container)
        assert container in docker.running()

    def test_the_engine_describes_itself(self, docker: Docker) -> None:
        """The same four facts of every engine."""
        assert sorted(docker.describe()) == ["cgroup", "engine", "kernel", "storage"]
