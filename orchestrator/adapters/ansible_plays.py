"""What a playbook says of itself, read without running Ansible: whom its plays are for, and what they need there."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from orchestrator.core.kind import Need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TOOLS = "drill_needs"
"""The play's variable that lists the programs it calls inside the hosts."""


def needs(playbook: Path, inventory: Mapping[str, Mapping[str, object]]) -> list[Need]:
    """Return what the plays need inside the hosts of `inventory` that they are for: Python, and what they list.

    A file that cannot be read needs nothing: running it will tell what is wrong. Names that only Ansible can work out,
    being templates, are passed over.
    """
    return [
        Need(host, tool)
        for play in _plays(playbook)
        for host, variables in inventory.items()
        if _is_for(play.get("hosts"), {"all", host, *cast("list[str]", variables["groups"])})
        for tool in (str(variables["ansible_python_interpreter"]), *_listed(play))
    ]


def _plays(playbook: Path) -> Iterator[dict[str, Any]]:
    # Round trip: Ansible's own tags, such as !vault, are let through.
    reader = YAML()
    reader.allow_duplicate_keys = True
    try:
        plays = reader.load(playbook)
    except (OSError, UnicodeDecodeError, YAMLError):
        return
    yield from (play for play in plays if isinstance(play, dict)) if isinstance(plays, list) else ()


def _listed(play: dict[str, Any]) -> list[str]:
    variables = play.get("vars")
    listed = variables.get(TOOLS) if isinstance(variables, dict) else None
    return [tool for tool in listed if isinstance(tool, str)] if isinstance(listed, list) else []


def _is_for(hosts: object, names: set[str]) -> bool:
    """Return whether Ansible's pattern (or list of patterns), such as `web*:db:!old`, means a host of these names."""
    patterns = hosts if isinstance(hosts, list) else [hosts]
    terms = [term.strip() for pattern in patterns for term in re.split("[,:]", str(pattern))]

    def meant(term: str) -> bool:
        return any(fnmatchcase(name, term) for name in names)

    named = [term for term in terms if not term.startswith(("!", "&"))]
    required, excluded = ([term[1:] for term in terms if term.startswith(sign)] for sign in "&!")
    return any(map(meant, named)) and all(map(meant, required)) and not any(map(meant, excluded))
