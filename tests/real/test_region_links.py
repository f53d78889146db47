"""Regions on a real machine: what passes their links, what does not, and that nothing of them is left."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from labs import postgres_lab

from orchestrator.adapters import host_network, region_links
from orchestrator.core.declared_lab import Region
from orchestrator.kinds.checks.region_link import RegionLink
from orchestrator.kinds.disasters.lose_region import LoseRegion
from reports.facts.events import State

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not region_links.condition([]).ok, reason="this machine makes no regions")
STATED = 50_000_000
TWO_REGIONS = """
lab:
  regions: {east: 50Mbit/s, west: 50Mbit/s}
  services:
    db: {region: east}
    beside: {spare_for: db, region: east}
    standby: {spare_for: db, region: west, volumes: {data: /var/lib/postgresql/data}}
"""


def made_for(run: str) -> list[str]:
    """Return what of this machine's network carries the run's name."""
    links = json.loads(host_network.do("ip", "-json", "link", "show"))
    rules = subprocess.run(["iptables", "-w", "5", "-S"], capture_output=True, text=True, check=True).stdout
    mark = host_network.mark(run)
    return [link["ifname"] for link in links if link.get("ifalias") == mark] + [
        rule for rule in rules.splitlines() if f'"{mark}"' in rule
    ]


def test_two_regions_are_joined_by_a_link_of_the_stated_bandwidth(tmp_path: Path) -> None:
    """Within one nothing is slower. When one is lost the other goes on, and with the lab both are gone."""
    with postgres_lab(tmp_path, TWO_REGIONS) as lab:
        over_the_link = RegionLink(service="db", to="standby")
        over_the_link.remember(lab)
        [finding] = over_the_link.look(lab)
        assert finding.state == State.HELD
        assert 0.8 * STATED < finding.seen["bit_s"] < 1.02 * STATED
        assert RegionLink(service="db", to="beside")._measured(lab)["bit_s"] > 4 * STATED
        assert lab.sql("db", "SELECT 1") == [(1,)]
        lost = LoseRegion(region="east")
        assert lost.confirm(lab).state == State.VIOLATED
        lost.inject(lab)
        assert lost.confirm(lab).state == State.HELD
        assert (lab.is_running("standby"), lab.volume_exists("standby", "data")) == (True, True)
        assert len(made_for(lab.run)) > 4
    assert made_for(lab.run) == []


def test_latency_is_refused_where_the_kernel_has_none_to_give() -> None:
    """Before anything is built, with what to do; a kernel that has it says nothing."""
    seen = region_links.condition([Region(bandwidth="1Gbit/s", latency="20ms")])
    if not seen.ok:
        assert seen.says.startswith("the kernel adds no latency: ")
        assert seen.hint == "load its module, `modprobe sch_netem`, or state no latency"
