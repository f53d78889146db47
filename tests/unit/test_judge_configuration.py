"""Configuration that differs from the source's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synthetic_runs import healthy_run

from reports.facts.events import RunPlanned, SettingsRead
from reports.record import SettingDifference

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = {"fsync": "on", "shared_buffers": "128MB", "work_mem": "4MB"}


def differences(
    folder: Path, after: dict[str, str], production: dict[str, str | bool | int] | None = None
) -> list[tuple[str, str, str, str]]:
    """Return (setting, here, source, against) of a run whose service `db` was configured so."""
    run = healthy_run()
    run.change(RunPlanned, effective_drill={"lab": {"services": {"db": {"production": production or {}}}}})
    run.add(-11.5, SettingsRead(service="db", when="before-disaster", settings=BEFORE))
    run.add(7.0, SettingsRead(service="db", when="after-recovery", settings=after))
    found = run.judged(folder).differences
    assert {one.service for one in found} <= {"db"}
    return [(one.setting, one.here, one.source, one.against) for one in found]


def test_a_service_recovered_with_the_same_configuration_has_none(tmp_path: Path) -> None:
    """Nothing to say."""
    assert differences(tmp_path, BEFORE) == []


def test_what_changed_came_or_went_is_named(tmp_path: Path) -> None:
    """With both values; an empty one says that there is no such setting."""
    after = {"fsync": "off", "shared_buffers": "128MB", "restore_command": "fetch %f"}
    assert differences(tmp_path, after) == [
        ("fsync", "off", "on", "before-disaster"),
        ("restore_command", "fetch %f", "", "before-disaster"),
        ("work_mem", "", "4MB", "before-disaster"),
    ]


def test_production_is_compared_with_what_was_recovered(tmp_path: Path) -> None:
    """Only the settings that the drill declares of it."""
    assert differences(tmp_path, BEFORE, {"shared_buffers": "8GB", "work_mem": "4MB", "huge_pages": True}) == [
        ("huge_pages", "", "on", "production"),
        ("shared_buffers", "128MB", "8GB", "production"),
    ]


@pytest.mark.parametrize(
    ("setting", "written"), [("shared_buffers", "131072 kB"), ("shared_buffers", "0.125GB"), ("fsync", True)]
)
def test_one_value_written_otherwise_is_no_difference(tmp_path: Path, setting: str, written: str | bool) -> None:  # noqa: FBT001 - a value
    """People write sizes and switches in more than one way."""
    assert differences(tmp_path, BEFORE, {setting: written}) == []


@pytest.mark.parametrize("value", [".", "1.2.3", "127.0.0.1"])
def test_dots_make_no_number(tmp_path: Path, value: str) -> None:
    """Such a value is a text, as a folder or an address is."""
    assert differences(tmp_path, BEFORE | {"place": value}) == [("place", value, "", "before-disaster")]


def test_a_service_that_was_never_read_again_is_not_compared(tmp_path: Path) -> None:
    """A run that ended early says nothing of what it did not see."""
    run = healthy_run()
    run.add(-11.5, SettingsRead(service="db", when="before-disaster", settings=BEFORE))
    assert run.judged(tmp_path).differences == ()


def test_a_service_read_only_afterwards_is_compared_with_production_alone(tmp_path: Path) -> None:
    """What it was before is not known."""
    run = healthy_run()
    run.change(RunPlanned, effective_drill={"lab": {"services": {"db": {"production": {"fsync": False}}}}})
    run.add(7.0, SettingsRead(service="db", when="after-recovery", settings=BEFORE))
    difference = SettingDifference(service="db", setting="fsync", here="on", source="off", against="production")
    assert run.judged(tmp_path).differences == (difference,)
