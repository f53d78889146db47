"""Makes the suites beside this file importable from both folders of tests, their assertions explained by pytest."""

import signal

import pytest

pytest.register_assert_rewrite("docker_promises")


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """Let SIGINT interrupt: a suite that a shell started in the background inherits it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
