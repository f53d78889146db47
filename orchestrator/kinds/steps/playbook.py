"""The step `playbook`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, JsonValue

from orchestrator.core.kind import Step
from orchestrator.core.procedures import Part, run_playbook

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab


class Playbook(Step):
    """Run an Ansible playbook on the lab, as the operations team would run it on the real system.

    The playbook gets an inventory of the lab's services and the drill's facts, such as `drill_recovery_target`; what it
    hands back with `set_stats` is given to the playbooks after it. A task that fails fails the step.
    """

    main: ClassVar[str] = "playbook"
    example: ClassVar[str] = "playbook: restore-with-pgbackrest.yml"

    playbook: str = Field(
        min_length=1, description="File of the playbook: beside the drill, else among the project's playbooks."
    )
    service: str | None = Field(
        default=None,
        description="Run on this service only, as with --limit; a spare is then one of its type. Default: on all.",
    )
    vars: dict[str, JsonValue] = Field(default_factory=dict, description="Extra variables for the playbook.")
    tags: tuple[str, ...] = Field(default=(), description="Run only the tasks with one of these tags.")

    @property
    def title(self) -> str:
        """Return how the timeline names this: with the service that it is limited to."""
        return f"{super().title} on {self.service}" if self.service else super().title

    def run(self, lab: Lab) -> str:
        """Run the playbook and return how many tasks it took; raises StepFailedError or StepTimedOutError."""
        playbook = lab.loaded.resolve_playbook(self.playbook)
        part = Part(tags=self.tags, service=self.service or "")
        return run_playbook(lab, playbook, self.vars, timeout_s=self.timeout, part=part)
