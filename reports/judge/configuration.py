"""Configuration that differs from the source's: a lab tuned otherwise recovers otherwise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reports.facts.events import SettingsRead
from reports.record import SettingDifference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reports.folder import RunFolder

_UNITS = {
    "b": 1,
    "kb": 2**10,
    "mb": 2**20,
    "gb": 2**30,
    "tb": 2**40,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "min": 60,
    "h": 3600,
    "d": 86400,
}
_MEASURE = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)\s*([a-z]+)?")
_SWITCH = {"true": "on", "yes": "on", "false": "off", "no": "off"}


def differences(folder: RunFolder) -> tuple[SettingDifference, ...]:
    """Return every setting of a recovered service that is not as before the disaster, or not as in production."""
    before, after = (_read(folder, when) for when in ("before-disaster", "after-recovery"))
    services: dict[str, Any] = folder.planned.effective_drill.get("lab", {}).get("services", {})
    found: list[SettingDifference] = []
    for service, here in after.items():
        source = before.get(service, here)
        for setting in sorted({*here, *source}):
            found += _difference(service, setting, here, source, "before-disaster")
        production = {name: _text(value) for name, value in services.get(service, {}).get("production", {}).items()}
        for setting in sorted(production):
            found += _difference(service, setting, here, production, "production")
    return tuple(found)


def _read(folder: RunFolder, when: str) -> dict[str, dict[str, str]]:
    return {read.service: read.settings for read in folder.all(SettingsRead) if read.when == when}


def _difference(
    service: str, setting: str, here: Mapping[str, str], source: Mapping[str, str], against: str
) -> Iterator[SettingDifference]:
    ours, theirs = here.get(setting, ""), source.get(setting, "")
    if _meaning(ours) != _meaning(theirs):
        yield SettingDifference.model_validate(
            {"service": service, "setting": setting, "here": ours, "source": theirs, "against": against}
        )


def _text(value: object) -> str:
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _meaning(value: str) -> str | float:
    """Return what a value means, so that `1024MB` and `1GB`, or `true` and `on`, are no difference."""
    text = value.strip().lower()
    measure = _MEASURE.fullmatch(text)
    if measure and (measure[2] is None or measure[2] in _UNITS):
        return float(measure[1]) * _UNITS.get(measure[2] or "s", 1)
    return _SWITCH.get(text, text)
