"""What a web application needs no server for: its container's declaration. Its answers: test_web_applications.py."""

from __future__ import annotations

from orchestrator.core.declared_lab import Service
from orchestrator.software.web import Web


def test_its_settings_are_its_environment() -> None:
    """As applications read them: words, not Python's."""
    service = Service(type="web", image="any", settings={"WORKERS": 2, "DEBUG": False, "COLOUR": "red"})
    assert Web().environment(service) == {"WORKERS": "2", "DEBUG": "false", "COLOUR": "red"}
