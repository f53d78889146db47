"""What is known of a file service without asking it; the rest: tests/real/test_files.py."""

from __future__ import annotations

import pytest

from orchestrator.core.declared_lab import Service
from orchestrator.core.errors import StepFailedError
from orchestrator.core.software_port import Access
from orchestrator.software.files import Files, StatusError, says

FILES = Files()
LOG = """\
2026-11-21T19:14:11.100000001Z 2026/11/21 19:14:11 [notice] 7#7: using the "epoll" event method
2026-11-21T19:14:11.200000002Z 2026/11/21 19:14:11 [notice] 7#7: nginx/1.22.1
2026-11-21T19:14:11.300000003Z 2026/11/21 19:14:11 [notice] 7#7: start worker processes
2026-11-21T19:14:11.400000004Z 2026/11/21 19:14:11 [notice] 7#7: start worker process 30
2026-11-21T19:14:12.500000005Z 2026/11/21 19:14:12 [error] 30#30: *1 nginx/ is in a name
2026-11-21T19:14:13.600000006Z snapshot 60ecb754 saved
"""


def test_settings_become_arguments_and_the_password_a_file() -> None:
    """Nothing secret is in environment or command."""
    service = Service(type="files", image="any:1", user="app", settings={"sendfile": True, "back_up_every": "5s"})
    assert FILES.command(service) == ("serve", "sendfile=on", "back_up_every=5s")
    assert FILES.environment(service) == {"FILES_USER": "app", "FILES_PASSWORD_FILE": "/run/secrets/files_password"}
    assert FILES.secrets(service) == {"password": "/run/secrets/files_password"}


def test_marks_are_told_at_the_engines_time() -> None:
    """Nginx's own has whole seconds only."""
    assert FILES.server_marks(LOG) == [
        ("process-started", "2026-11-21T19:14:11.200000Z"),
        ("accepting-connections", "2026-11-21T19:14:11.400000Z"),
    ]


def test_files_are_no_statements() -> None:
    """Whoever runs SQL on a file service is told."""
    with pytest.raises(StepFailedError, match=r"^a file service runs no statements$"):
        FILES.execute(Access("nowhere", 1, "u", "", "p"), "SELECT 1")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StatusError("PUT", "/a", 403), "PUT /a: HTTP 403 Forbidden"),
        (StatusError("PUT", "/a", 599), "PUT /a: HTTP 599"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (TimeoutError("timed out"), "timed out"),
        (TimeoutError(), "no answer within the deadline"),
    ],
)
def test_what_came_instead_of_an_answer_is_told(error: Exception, words: str) -> None:
    """In the words of who knows."""
    assert says(error) == words
