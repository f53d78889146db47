"""The run's lock, between processes: it lives exactly as long as its engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from orchestrator.adapters.clock import SystemClock
from orchestrator.adapters.run_folders import RunFolders
from orchestrator.adapters.run_lock import RunLock, is_free
from orchestrator.core.errors import CannotRunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENGINE = """
import pathlib, subprocess, sys, time
from orchestrator.adapters.run_lock import RunLock
with RunLock(pathlib.Path(sys.argv[1])):
    child = subprocess.Popen(["sleep", "60"])
    print(child.pid, flush=True)
    time.sleep(60)
"""


@contextmanager
def engine(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that holds the lock and has a child; both are ended afterwards."""
    process = subprocess.Popen([sys.executable, "-c", ENGINE, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        os.kill(child, signal.SIGKILL)


def test_a_run_is_held_while_its_engine_lives(tmp_path: Path) -> None:
    """Neither another engine nor sweep gets it meanwhile."""
    with engine(tmp_path):
        assert not is_free(tmp_path)
        with pytest.raises(CannotRunError) as caught, RunLock(tmp_path, patience_s=0):
            pass
        with RunFolders(tmp_path, SystemClock(), [].append, [].append).claim(tmp_path) as held:
            assert not held
    assert caught.value.message == f"{tmp_path}/run.lock: another engine holds this run"
    assert caught.value.hint == "wait for it, or stop it"


def test_a_killed_engine_holds_nothing(tmp_path: Path) -> None:
    """Not even while a child of it still runs."""
    with engine(tmp_path) as process:
        process.kill()
        process.wait()
        assert is_free(tmp_path)
        with RunFolders(tmp_path, SystemClock(), [].append, [].append).claim(tmp_path) as held:
            assert held
            assert not is_free(tmp_path)
        assert is_free(tmp_path)


def test_a_run_without_lock_or_folder_is_free(tmp_path: Path) -> None:
    """Nobody can hold what is not there; looking makes nothing."""
    assert is_free(tmp_path)
    assert is_free(tmp_path / "gone")
    with RunFolders(tmp_path, SystemClock(), [].append, [].append).claim(tmp_path / "gone") as held:
        assert held
    assert list(tmp_path.iterdir()) == []


def test_an_engine_waits_for_a_look_at_the_lock_to_end(tmp_path: Path) -> None:
    """A sweep that looks at a run just when its engine begins does not stop it."""
    with RunLock(tmp_path):
        pass
    looking = threading.Event()

    def look() -> None:
        with RunFolders(tmp_path, SystemClock(), [].append, [].append).claim(tmp_path):
            looking.set()
            time.sleep(0.2)

    thread = threading.Thread(target=look)
    thread.start()
    looking.wait()
    with RunLock(tmp_path):
        assert not is_free(tmp_path)
    thread.join()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the cause."""
    with pytest.raises(CannotRunError) as caught, RunLock(tmp_path / "gone"):
        pass
    assert caught.value.message == f"{tmp_path}/gone/run.lock: cannot be made: No such file or directory"
    assert caught.value.hint == "runs need an evidence directory that can be written"
