"""The disaster `lose-region`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from orchestrator.core.kind import Disaster
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.core.drill import Drill
    from orchestrator.core.lab import Lab


class LoseRegion(Disaster):
    """Lose a region with all that is in it: its link is cut, then every service of it and all their volumes are gone.

    As when a site burns down. Nothing gets out any more once the link is cut: what was on its way is lost, and nobody
    is told. Proves that all it takes to go on lies in other regions: data, backups, keys, machines. Does not prove that
    the other regions would bear the load of this one, nor anything of a region that fails in part: one that is cut off
    and works on, or comes back.
    """

    main: ClassVar[str] = "region"
    example: ClassVar[str] = "lose-region: east"
    proves: ClassVar[str] = "The system comes back in other regions after all of one is lost, backups there included."
    not_proven: ClassVar[tuple[str, ...]] = (
        "A region that fails in part: this one was gone at once, wholly and for good.",
        "That another region has the machines: those that took over stood ready there.",
    )

    region: str = Field(description="The region to lose.")

    def mistakes(self, drill: Drill) -> Iterator[tuple[str, str]]:
        """Yield that nothing is in the region."""
        if not self.hits(drill):
            yield "region", f"no service is in a region named {self.region!r}"

    def hits(self, drill: Drill) -> tuple[str, ...]:
        """Return the region's services."""
        return tuple(name for name, service in drill.lab.services.items() if service.region == self.region)

    def inject(self, lab: Lab) -> str:
        """Cut the link, destroy all, and return so; raises CannotRunError."""
        lab.destroy_region(self.region)
        return f"{self.region} was cut off, and lost with {', '.join(lab.members(self.region))} and all their volumes"

    def confirm(self, lab: Lab) -> Finding:
        """Held if the link is cut, and there is no container and no volume of any of its services."""
        services = lab.members(self.region)
        containers = [name for name in services if lab.state(name) is not None]
        volumes = [
            f"{name}/{volume}"
            for name in services
            for volume in lab.own_volumes(name)
            if lab.volume_exists(name, volume)
        ]
        cut = lab.is_cut_off(self.region)
        says = (
            f"its link {'is cut' if cut else 'still joins it to the others'}, "
            f"containers left: {', '.join(containers) or 'none'}, volumes left: {', '.join(volumes) or 'none'}"
        )
        return Finding(
            name="disaster-confirmed",
            state=State.HELD if cut and not containers and not volumes else State.VIOLATED,
            says=f"{self.region}: {says}",
            seen={"cut": cut, "containers": containers, "volumes": volumes},
        )
