"""Makes the suites beside this file importable from both folders of tests, their assertions explained by pytest."""

import os
import signal

import pytest

pytest.register_assert_rewrite("docker_promises")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make matrix` say how many healthy runs it wants."""
    parser.addoption("--runs", type=int, help="healthy runs of the matrix; each drill and version once by default")


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """Let SIGINT interrupt: a suite that a shell started in the background inherits it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _without_the_users_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no test sign with, or write beside, the signing key of whoever runs the tests."""
    os.environ["DRILLMASTER_KEYS"] = str(tmp_path_factory.mktemp("no-keys"))
