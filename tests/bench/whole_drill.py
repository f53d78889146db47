"""A whole drill against the same steps by hand, and its RTO against a plain shell's.

`python -m tests.bench.whole_drill` from the project's root. By hand means: the same containers, playbooks, waits and
checks, one after the other, without ledger, journal, judge and report. Wanted: a whole drill in at most 1.15 times
that; an RTO of at most what a shell without Ansible takes, plus 1 s, plus 0.4 s for each of the playbook's tasks.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from orchestrator.core import content
from orchestrator.postgresql import amcheck, reading
from orchestrator.postgresql.session import databases
from orchestrator.postgresql.writing import write
from tests.bench._by_hand import DRILL, ByHand, by_hand
from tests.bench._pairs import interleaved, tell

PAIRS = 5
STEADY_S, SETTLE_S = 3.0, 2.0
SCALE = 10
CHECKS = "[postgres-content: db, postgres-amcheck: db, postgres-writable: db]"
"""What is done by hand too."""
SET = [f"steady={{for: {STEADY_S:g}s, jitter: 0s}}", f"settle={SETTLE_S:g}s", f"checks={CHECKS}"]
RESTORE = "pgbackrest --stanza=main --log-level-console=warn restore"
"""What the playbook's restoring task comes down to."""


def drill(records: list[dict[str, Any]]) -> float:
    """Run the drill from the command line; return its seconds and keep its record."""
    with TemporaryDirectory() as evidence:
        settings = [word for setting in SET for word in ("--set", setting)]
        command = [str(Path(sys.executable).with_name("drillmaster")), "run", str(DRILL), *settings, "--json"]
        began = time.monotonic()
        done = subprocess.run([*command, "--evidence", evidence], check=True, capture_output=True, text=True)
        took = time.monotonic() - began
    records.append(json.loads(done.stdout))
    return took


def steps_by_hand() -> float:
    """Do what the drill does, with the same playbooks by `ansible-playbook`; return the seconds."""
    began = time.monotonic()
    with by_hand() as hand:
        _prepare(hand)
        hand.playbook("back-up-with-pgbackrest.yml")
        before = reading.take(hand.access, ["public.client_writes"])
        time.sleep(STEADY_S)
        hand.lose_volume()
        hand.replace()
        hand.playbook("restore-with-pgbackrest.yml")
        hand.start()
        hand.wait_for_write()
        time.sleep(SETTLE_S)
        _check(hand, before)
    return time.monotonic() - began


def outage_by_shell() -> float:
    """Recover with a shell's commands and no Ansible; return the seconds from the loss to the first write."""
    with by_hand() as hand:
        _prepare(hand)
        hand.playbook("back-up-with-pgbackrest.yml")
        time.sleep(STEADY_S)
        began = time.monotonic()
        hand.lose_volume()
        hand.replace()
        hand.execute(RESTORE)
        hand.start()
        hand.wait_for_write()
        return time.monotonic() - began


def _prepare(hand: ByHand) -> None:
    hand.provision()
    hand.execute(f"pgbench -i -q -s {SCALE}")
    hand.execute("psql -qc 'CREATE TABLE client_writes (id bigserial)'")


def _check(hand: ByHand, before: content.Content) -> None:
    after = reading.take(hand.access, ["public.client_writes"])
    different = list(content.differences(before, after))
    damaged = [
        wrong
        for name in databases(hand.access)
        for _, problems in amcheck.verify(hand.access, name)
        for wrong in problems
    ]
    if different or damaged:
        raise RuntimeError(f"not recovered by hand: {different} {damaged}")
    write(hand.access, hand.access.database, 10.0)


def main() -> None:
    """Measure both, in turns."""
    records: list[dict[str, Any]] = []
    whole = interleaved(lambda: drill(records), steps_by_hand, PAIRS)
    tell(
        f"whole drill {median(whole.ours):.2f} s, the same by hand {median(whole.theirs):.2f} s: "
        f"{whole.ratio:.2f} times (single pairs {whole.noise}); wanted: at most 1.15"
    )
    records.clear()

    def outage() -> float:
        drill(records)
        return float(records[-1]["rto"]["achieved_s"])

    rto = interleaved(outage, outage_by_shell, PAIRS)
    tasks = sum(len(step["tasks"]) for step in records[-1]["steps"] if step["phase"] == "recover")
    allowed = median(rto.theirs) + 1.0 + 0.4 * tasks
    tell(
        f"RTO {median(rto.ours):.2f} s, by a plain shell {median(rto.theirs):.2f} s "
        f"(single pairs {rto.noise}); wanted, with {tasks} tasks: at most {allowed:.2f} s"
    )


if __name__ == "__main__":
    main()
