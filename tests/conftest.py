"""Makes the suites beside this file importable from both folders of tests, their assertions explained by pytest."""

import os
import signal

import pytest

pytest.register_assert_rewrite("docker_promises")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make matrix` say how many healthy runs it wants."""
    parser.addoption("--runs", type=int, help="healthy runs of the matrix; each drill and version once by default")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one lane, for they share what its fixtures make; those on their own may go to any."""
    for item in items:
        if not item.get_closest_marker("any_lane"):
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """Let SIGINT interrupt: a suite that a shell started in the background inherits it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _without_the_users_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let no test sign with, or write beside, the signing key of whoever runs the tests."""
    os.environ["DRILLMASTER_KEYS"] = str(tmp_path_factory.mktemp("no-keys"))
