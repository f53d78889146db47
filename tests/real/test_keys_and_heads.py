"""The commands on keys and heads, as they are typed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from harm import COMMAND, until

from orchestrator import registering
from orchestrator.adapters.key_files import KeyFiles
from reports.register import chain
from reports.register.entries import Missed
from reports.register.state import state_of

if TYPE_CHECKING:
    from pathlib import Path

MISSED = Missed(drill="d", due="2026-01-01T00:00:00Z", reason="r")
GIVE = "give {}/signing-key.pub to whoever verifies, on another way than the evidence\n"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return where the commands keep their keys."""
    return tmp_path / "keys"


def drillmaster(keys: Path, *arguments: str, **more: str) -> tuple[int, str, str]:
    """Run a command; return exit code, standard output and standard error."""
    done = subprocess.run(
        [COMMAND, *arguments],
        cwd=keys.parent,
        env=os.environ | {"DRILLMASTER_KEYS": str(keys)} | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def register(keys: Path, evidence: Path) -> None:
    """Append an entry to a register, signed by the key that is there."""
    evidence.mkdir(exist_ok=True)
    registering.register_of(evidence, KeyFiles(keys, lambda: None).open()).append(MISSED)


def test_a_key_is_made_once_shown_and_rotated(keys: Path) -> None:
    """In every register that is named; another keeps the key it knows, and takes nothing of the new one.

    A directory without a register was misspelled: the register that was meant could never be continued.
    """
    assert drillmaster(keys, "keys", "show") == (
        2,
        "",
        f"{keys}/signing-key.pub: there is no key\nhint: `drillmaster keys init` makes one\n",
    )
    assert drillmaster(keys, "keys", "init") == (0, f"{keys}/signing-key.pem: made\n{GIVE.format(keys)}", "")
    again = f"{keys}/signing-key.pem: is there already\n{GIVE.format(keys)}"
    assert drillmaster(keys, "keys", "init") == (0, again, "")
    first = json.loads(drillmaster(keys, "keys", "show", "--json")[1])
    one, two, forgotten = (keys.parent / name for name in ("one", "two", "forgotten"))
    for evidence in (one, two, forgotten):
        register(keys, evidence)
    unsigned = keys.parent / "unsigned"
    unsigned.mkdir()
    named = ("--evidence", str(one), "--evidence", str(two), "--evidence", str(unsigned))
    code, said, why = drillmaster(keys, "keys", "rotate", *named)
    says = "there is no register, and the old key is deleted once the new one is in force"
    assert (code, said, why.splitlines()[0]) == (2, "", f"{unsigned}/register.jsonl: {says}")
    assert json.loads(drillmaster(keys, "keys", "show", "--json")[1]) == first
    registering.register_of(unsigned, None).append(MISSED)
    assert drillmaster(keys, "keys", "rotate", *named)[:2] == (
        0,
        (
            f"{one}: the new key is in force\n{two}: the new key is in force\n"
            f"{unsigned}: nothing there is signed by the old key\n{GIVE.format(keys)}"
        ),
    )
    second = json.loads(drillmaster(keys, "keys", "show", "--json")[1])
    assert second["retired"] == [first["keyid"]] != [second["keyid"]]
    for evidence in (one, two):
        register(keys, evidence)
        found = chain.read(evidence / chain.NAME)
        said = state_of(found.entries, found.hashes)
        assert [row.keyid for row in said.keys] == [first["keyid"], second["keyid"]]
        assert said.mistakes == ()
    done = drillmaster(keys, "head", "--published", "a ticket", "--evidence", str(forgotten))
    says = f"its entries are signed by key {first['keyid'][:16]}…; yours is {second['keyid'][:16]}…"
    assert (done[0], done[2].splitlines()[0]) == (2, f"{forgotten}/register.jsonl: {says}")


def test_a_key_with_a_passphrase_needs_it(keys: Path) -> None:
    """From the environment or from a terminal; without either, and with a wrong one, nothing is signed."""
    secret = {"DRILLMASTER_KEY_PASSPHRASE": "secret of mine"}
    assert drillmaster(keys, "keys", "init", **secret)[0] == 0
    register_it = ("head", "--published", "a ticket", "--evidence", str(keys.parent))
    registering.register_of(keys.parent, None).append(MISSED)
    before = (keys.parent / chain.NAME).read_bytes()
    assert drillmaster(keys, *register_it) == (
        2,
        "",
        (
            f"{keys}/signing-key.pem: needs a passphrase, and none is known\n"
            "hint: set DRILLMASTER_KEY_PASSPHRASE, or give it at a terminal\n"
        ),
    )
    assert drillmaster(keys, *register_it, DRILLMASTER_KEY_PASSPHRASE="wrong") == (
        2,
        "",
        (
            f"{keys}/signing-key.pem: the passphrase does not open it\n"
            "hint: DRILLMASTER_KEY_PASSPHRASE or what is typed must be that of the key\n"
        ),
    )
    assert (keys.parent / chain.NAME).read_bytes() == before
    assert drillmaster(keys, *register_it, **secret)[0] == 0
    ours, its = pty.openpty()
    environment = os.environ | {"DRILLMASTER_KEYS": str(keys)}
    asked = subprocess.Popen(
        ["setsid", "--ctty", COMMAND, *register_it], env=environment, stdin=its, stdout=its, stderr=its
    )
    os.close(its)
    shown = b""

    def prompted() -> bool:
        nonlocal shown
        shown += os.read(ours, 1000)
        return b"Passphrase of the signing key: " in shown

    until(prompted, "the question", 30)
    os.write(ours, b"secret of mine\n")
    assert asked.wait(30) == 0
    shown += os.read(ours, 1000)
    os.close(ours)
    assert b"secret of mine" not in shown
    found = chain.read(keys.parent / chain.NAME)
    assert [entry.body.entry for entry in found.entries[2:]] == ["key-rotated", "anchored", "anchored"]


def test_a_head_is_one_line(keys: Path) -> None:
    """As text, or in parts for programs; without a register there is none."""
    evidence = ("--evidence", str(keys.parent))
    assert drillmaster(keys, "head", *evidence) == (
        2,
        "",
        (
            f"{keys.parent}/register.jsonl: cannot be read: No such file or directory\n"
            "hint: a register stands in an evidence directory; the first run makes it\n"
        ),
    )
    registering.register_of(keys.parent, None).append(MISSED)
    found = chain.read(keys.parent / chain.NAME)
    place, at = found.position, found.entries[-1].at
    line = f"drillmaster-head v1 {place.register_id} 2 {place.head} {at}"
    assert drillmaster(keys, "head", *evidence) == (0, f"{line}\n", "")
    told = {"head": line, "register_id": place.register_id, "seq": 2, "sha256": place.head, "at": at}
    assert json.loads(drillmaster(keys, "head", "--json", *evidence)[1]) == told


def test_a_reader_who_leaves_ends_nothing_in_error(keys: Path) -> None:
    """As `head -1` does: what was asked for is done, and the exit code does not say FAIL."""
    registering.register_of(keys.parent, None).append(MISSED)
    for arguments in (("keys", "init"), ("keys", "show"), ("head", "--published", "a ticket"), ("runs", "--json")):
        ours, its = os.pipe()
        os.close(ours)
        environment = {"DRILLMASTER_KEYS": str(keys), "DRILLMASTER_EVIDENCE": str(keys.parent)}
        done = subprocess.run(
            [COMMAND, *arguments],
            env=os.environ | environment,
            stdout=its,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
        os.close(its)
        assert (arguments, done.returncode, done.stderr) == (arguments, 0, b"")


HOMELESS = """
import os
from orchestrator.adapters.key_files import keys_directory
from orchestrator.core.errors import CannotRunError
os.environ.pop("HOME", None)
os.setuid(54321)
try:
    keys_directory({})
except CannotRunError as error:
    print(error.message, error.hint, sep="\\n")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_a_user_without_a_home_is_told_where_keys_could_be(keys: Path) -> None:
    """As in a container that runs under a number."""
    done = subprocess.run([sys.executable, "-c", HOMELESS], cwd=keys.parent, capture_output=True, text=True, check=True)
    says = "this user has no home directory, where keys are kept\nname another with DRILLMASTER_KEYS\n"
    assert done.stdout == says
