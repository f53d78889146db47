"""What only the whole drill can tell: names that must exist, files that must be there, checks that must be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from orchestrator.core.declared_lab import LabDeclaration, Service
from orchestrator.core.drill import KIND_LISTS, Drill, first_existing
from orchestrator.core.shapes import broken_shape
from orchestrator.core.tier_rules import tier_mistakes
from orchestrator.core.units import seconds
from reports.facts.names import OF_THE_JUDGE, of_service
from reports.yaml.mistakes import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orchestrator.core.items import PlacedKind
    from reports.yaml.mistakes import Mistake
    from reports.yaml.tree import Node

REFERRED_TO = {"volumes", "settings"}
"""What kinds refer to in a service: when these are wrong, what kinds say of them would be too."""


@dataclass(frozen=True)
class Draft:
    """A drill as far as it has been understood: rules are asked however broken the rest is."""

    tree: Node
    kinds: list[PlacedKind]
    service_types: tuple[str, ...]
    folders: tuple[Path, ...]
    playbooks: Path

    @property
    def services(self) -> dict[str, Node]:
        """Return the declared services by name."""
        return self.tree.at("lab", "services").entries

    @property
    def endpoints(self) -> dict[str, Node]:
        """Return the declared endpoints by name."""
        return self.tree.at("lab", "endpoints").entries


def broken_rules(draft: Draft) -> Iterator[Mistake]:
    """Yield every mistake in how the parts of the drill fit together."""
    for rule in (
        _services,
        _spares,
        _shared_volumes,
        _regions,
        _used_services,
        _service_types,
        _builds,
        _playbooks,
        _files,
        _ledgers,
        _service_objectives,
        _common_point,
        broken_shape,
        _control,
        _expected_findings,
        _give_up,
        _backup_age,
        _tiers,
        _kinds_own,
    ):
        yield from rule(draft)


def volume_mistakes(drill: Drill, service: str, volume: str, *, disk: bool = False) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a kind's `service` and `volume`; `disk`: the volume must be a disk of its own."""
    volumes = drill.lab.services[service].volumes if service in drill.lab.services else {volume: None}
    if volume not in volumes:
        yield "volume", f"{service} has no volume {volume!r}; its volumes: {', '.join(sorted(volumes)) or 'none'}"
    elif (declared := volumes[volume]) and declared.owner:
        yield "volume", f"{volume} is a volume of {declared.owner}"
    elif disk and (declared := volumes[volume]) and declared.size is None:
        yield "volume", f"{volume} is no disk of its own; declare it as {{path: {declared.path}, size: 512MiB}}"


def _services(draft: Draft) -> Iterator[Mistake]:
    if not draft.services:
        return
    for placed in draft.kinds:
        for name in placed.kind.services():
            if name not in draft.services and name not in draft.endpoints:
                settings = draft.tree.at(*placed.place).entries
                setting = next((key for key, node in settings.items() if node.value == name), None)
                place = (*placed.place, setting) if setting else placed.place
                yield draft.tree.mistake(place, _no_service(draft, name))
    for name, endpoint in draft.endpoints.items():
        if name in draft.services:
            yield draft.tree.mistake(("lab", "endpoints", name), f"{name} is the name of a service already")
        service = endpoint.at("service").value
        if isinstance(service, str) and service not in draft.services:
            yield draft.tree.mistake(("lab", "endpoints", name, "service"), _no_service(draft, service))


def _spares(draft: Draft) -> Iterator[Mistake]:
    for name, service in draft.services.items():
        other = service.at("spare_for").value
        place = ("lab", "services", name, "spare_for")
        if isinstance(other, str) and other not in draft.services:
            yield draft.tree.mistake(place, _no_service(draft, other))
        elif isinstance(other, str) and "spare_for" in draft.services[other].entries:
            yield draft.tree.mistake(place, f"{other} is itself a spare")


def _shared_volumes(draft: Draft) -> Iterator[Mistake]:
    for name, service in draft.services.items():
        for volume, declared in service.at("volumes").entries.items():
            owner = declared.at("from").value
            if not isinstance(owner, str):
                continue
            place = ("lab", "services", name, "volumes", volume, "from")
            if owner not in draft.services:
                yield draft.tree.mistake(place, _no_service(draft, owner))
            elif "from" in (shared := draft.services[owner].at("volumes", volume)).entries or shared.value is None:
                yield draft.tree.mistake(place, f"{owner} has no volume {volume!r} of its own")


def _regions(draft: Draft) -> Iterator[Mistake]:
    regions = draft.tree.at("lab", "regions").entries
    for name, service in draft.services.items():
        region = service.at("region").value
        if isinstance(region, str) and region not in regions:
            says = f"no region named {region!r}{did_you_mean(region, regions)}"
            yield draft.tree.mistake(("lab", "services", name, "region"), says)
        for volume, declared in service.at("volumes").entries.items():
            owner = declared.at("from").value
            if owner in draft.services and draft.services[str(owner)].at("region").value != region:
                place = ("lab", "services", name, "volumes", volume, "from")
                yield draft.tree.mistake(place, f"{owner} is in another region, and a volume is in one")


def _used_services(draft: Draft) -> Iterator[Mistake]:
    for name, service in draft.services.items():
        for index, used in enumerate(service.at("uses").items):
            place = ("lab", "services", name, "uses", index)
            if used.value == name:
                yield draft.tree.mistake(place, "a service is no client of itself")
            elif isinstance(used.value, str) and used.value not in draft.services:
                yield draft.tree.mistake(place, _no_service(draft, used.value))


def _no_service(draft: Draft, name: str) -> str:
    return f"no service named {name!r}{did_you_mean(name, draft.services)}"


def _service_types(draft: Draft) -> Iterator[Mistake]:
    for name, service in draft.services.items():
        kind = service.at("type").value
        if isinstance(kind, str) and kind not in draft.service_types:
            says = f"no service type named {kind!r}{did_you_mean(kind, draft.service_types)}"
            yield draft.tree.mistake(("lab", "services", name, "type"), says)


def _builds(draft: Draft) -> Iterator[Mistake]:
    for name, service in draft.services.items():
        build = service.at("build")
        context = (build.at("context") if build.entries else build).value
        if isinstance(context, str):
            folder = first_existing(context, draft.folders)
            if folder is None or not (folder / "Dockerfile").is_file():
                says = f"no Dockerfile in {draft.folders[0] / context}"
                yield draft.tree.mistake(("lab", "services", name, "build"), says)


def _playbooks(draft: Draft) -> Iterator[Mistake]:
    for placed in draft.kinds:
        for name in placed.kind.playbooks():
            path = first_existing(name, (*draft.folders, draft.playbooks))
            if path is None or not path.is_file():
                known = [file.name for file in draft.playbooks.glob("*.yml")]
                says = f"no playbook {name!r} beside the drill or in playbooks/{did_you_mean(name, known)}"
                yield draft.tree.mistake((*placed.place, "playbook"), says)


def _files(draft: Draft) -> Iterator[Mistake]:
    for placed in draft.kinds:
        for name in placed.kind.files():
            path = first_existing(name, draft.folders)
            if path is None or not path.is_file():
                yield draft.tree.mistake((*placed.place, "file"), f"no file {draft.folders[0] / name}")


def _ledgers(draft: Draft) -> Iterator[Mistake]:
    seen: set[str] = set()
    for placed in _of(draft, "workload"):
        for service in placed.kind.services():
            if service in seen:
                yield draft.tree.mistake(placed.place, f"a second ledger for {service}: a service has one")
            seen.add(service)


def _service_objectives(draft: Draft) -> Iterator[Mistake]:
    written = [service for placed in _of(draft, "workload") for service in placed.kind.services()]
    for name in draft.tree.at("objectives", "services").entries:
        place = ("objectives", "services", name)
        if name not in written:
            yield draft.tree.mistake(place, f"no ledger writes to {name!r}{did_you_mean(name, written)}")
        elif len(written) == 1:
            yield draft.tree.mistake(place, f"{name} is the only service with a ledger: promise it of the whole")


def _common_point(draft: Draft) -> Iterator[Mistake]:
    if draft.tree.at("objectives", "common_point").value is not None and len(_of(draft, "workload")) < 2:  # noqa: PLR2004
        yield draft.tree.mistake(("objectives", "common_point"), "needs ledgers on two services at least")


def _of(draft: Draft, name: str) -> list[PlacedKind]:
    return [placed for placed in draft.kinds if placed.place[0] == name]


def _control(draft: Draft) -> Iterator[Mistake]:
    if draft.tree.at("sabotage").items and draft.tree.at("expect").value is None:
        says = "needs `expect`: the verdict and the findings that a control must be caught by"
        yield draft.tree.mistake(("sabotage",), says)


def _expected_findings(draft: Draft) -> Iterator[Mistake]:
    written = (*draft.services, *draft.endpoints)
    of_services = (of_service(service, name) for service in written for name in OF_THE_JUDGE)
    known = OF_THE_JUDGE.union(of_services, *(item.entries for item in draft.tree.at("checks").items))
    for index, finding in enumerate(draft.tree.at("expect", "by").items):
        if isinstance(finding.value, str) and finding.value not in known:
            says = f"no finding named {finding.value!r}{did_you_mean(finding.value, known)}"
            yield draft.tree.mistake(("expect", "by", index), says)


def _give_up(draft: Draft) -> Iterator[Mistake]:
    rto, give_up = draft.tree.at("objectives", "rto").value, draft.tree.at("give_up").value
    try:
        too_early = seconds(give_up) < seconds(rto)
    except ValueError:  # told where it stands, or not there
        return
    if too_early:
        yield draft.tree.mistake(("give_up",), f"must be at least the rto of {rto}, not {give_up}")


def _backup_age(draft: Draft) -> Iterator[Mistake]:
    recovery = _of(draft, "recover")
    if draft.tree.at("backup_age").value is not None and not any(placed.kind.playbooks() for placed in recovery):
        says = "no playbook in `recover` is told which backup to use"
        yield draft.tree.mistake(("backup_age",), says)


def _tiers(draft: Draft) -> Iterator[Mistake]:
    yield from tier_mistakes(draft.tree, _of(draft, "recover"), draft.services)


def _kinds_own(draft: Draft) -> Iterator[Mistake]:
    services = {name: service for name, node in draft.services.items() if (service := _understood(node))}
    lists: dict[str, Any] = {
        name: [placed.kind for placed in draft.kinds if placed.place[0] == name] for name in KIND_LISTS
    }
    outline = Drill.model_construct(lab=LabDeclaration.model_construct(services=services), **lists)
    for placed in draft.kinds:
        for setting, says in placed.kind.mistakes(outline):
            yield draft.tree.mistake((*placed.place, setting), says)


def _understood(service: Node) -> Service | None:
    """Return a service without its wrong settings; None if what kinds refer to is among them."""
    try:
        return Service.model_validate(service.plain())
    except ValidationError as error:
        wrong = {str(part) for details in error.errors() for part in details["loc"][:1]}
    if not service.entries or wrong & REFERRED_TO:
        return None
    sound = {name: node.plain() for name, node in service.entries.items() if name not in wrong}
    return Service.model_validate({"type": "unknown", "image": "unknown", **sound})
