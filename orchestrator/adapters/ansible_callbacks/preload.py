"""An Ansible callback plugin, read by ansible-playbook: it pays once for what every task would pay."""

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import connection_loader

DOCUMENTATION = """
name: preload
type: notification
short_description: import the lab's connection plugin before the first task
description: Each task runs in a fork of ansible-playbook, and would import the plugin and its HTTP client anew (0.2 s).
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible has no types
    """Imports the connection plugin in the process that all tasks are forked from, and does nothing else."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "preload"

    def __init__(self) -> None:
        super().__init__()
        connection_loader.get("community.docker.docker_api", class_only=True)
