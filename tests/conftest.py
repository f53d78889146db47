"""Makes the suites beside this file importable from both folders of tests, their assertions explained by pytest."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ANY_LANE = {"test_drills.py", "test_outages.py", "test_repeated_runs.py", "test_what_is_told.py"}
"""Files of tests that share nothing with each other."""

pytest.register_assert_rewrite("docker_promises")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make matrix` say how many healthy runs it wants."""
    parser.addoption("--runs", type=int, help="healthy runs of the matrix; each drill and version once by default")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Share the tests out to the lanes."""
    return _Lanes(config, log)


class _Lanes(LoadScopeScheduling):
    """A file's tests keep to one lane, for they share what its fixtures make; those of ANY_LANE may go to either.

    Not by xdist's groups: with pytest 9.2 its 3.8 ignores them, silently (pytest-xdist#1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return nodeid if Path(file).name in ANY_LANE else file


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """Let SIGINT interrupt: a suite that a shell started in the background inherits it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _without_the_users_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no test sign with, or write beside, the signing key of whoever runs the tests."""
    os.environ["DRILLMASTER_KEYS"] = str(tmp_path_factory.mktemp("no-keys"))
