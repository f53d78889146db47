"""The use case of a proof: a drill as it stands, then with every fault that suits it, and what caught each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.app import judged as judged_run
from orchestrator.core import artifacts, faults, loader
from orchestrator.core.errors import CannotRunError
from orchestrator.several import attempt, because, found, read_again, told
from reports.detection import PROOF, Proof, ProofPlan, Trial, proof_of
from reports.facts.values import Verdict
from reports.yaml.mistakes import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from orchestrator.app import RunOptions, RunResult
    from orchestrator.core.drill import LoadedDrill
    from orchestrator.several import Stop
    from reports.record import Record

PREFIX, PAGE = "proof-", "proof.html"
CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3, Verdict.ABORTED: 4}


@dataclass(frozen=True)
class Asked:
    """A drill to be proven."""

    drill: str
    """Its file, or the name of a shipped one."""
    overrides: Sequence[str] = ()
    """Put over the drill and over every control of it."""
    only: Sequence[str] = ()
    """The faults to put in, by their names or their kinds'; empty: all that suit."""


@dataclass(frozen=True)
class ProofResult:
    """What a proof left. `stopped`: what cut it short, None when every run was made."""

    proof: Proof
    folder: Path
    stopped: Stop

    @property
    def exit_code(self) -> int:
        """Return 0 only if the healthy run passed and every fault but known misses was caught."""
        return CODES[self.proof.verdict]


@dataclass(frozen=True)
class _Planned:
    """A negative control of the proof, and how it is run."""

    name: str
    control: LoadedDrill
    drill: str
    sabotage: str = ""

    @property
    def names(self) -> set[str]:
        """Return what it may be called: its own name, and those of the faults in it and of their kinds."""
        return {self.name, *(name for fault in self.control.drill.sabotage for name in (fault.fault, fault.kind))}

    def trial(self, known_misses: Mapping[str, str]) -> Trial:
        """Return what is fixed before any run."""
        drill = self.control.drill
        if drill.expect is None:
            raise AssertionError("a negative control says how it must be caught")
        return Trial(
            fault=self.name,
            control=drill.drill,
            does=tuple(sabotage.title for sabotage in drill.sabotage),
            title=drill.title,
            expected=drill.expect.verdict,
            by=drill.expect.by,
            known_miss=next((why for name, why in known_misses.items() if name in self.names), ""),
        )


def prove(asked: Asked, options: RunOptions, tell: Callable[[str], None]) -> ProofResult:
    """Run a drill and all its negative controls, and write the record of the proof, also when it is cut short.

    `tell` gets a line on each fault. A healthy run that does not pass ends the proof: what a fault adds to it could not
    be told. Raises BadDrillError or CannotRunError before any run, and what `run_drill` raises before the first began.
    """
    loaded = loader.load(loader.find(asked.drill), asked.overrides)
    planned = _planned(loaded, asked)
    trials = [one.trial(loaded.drill.known_misses) for one in planned]
    healthy, stopped = attempt(asked.drill, asked.overrides, options)
    if healthy is None:
        raise stopped or AssertionError("a run that was not stopped leaves a record")
    results: dict[str, Record] = {}
    for number, one in enumerate(planned if healthy.record.verdict is Verdict.PASS else []):
        if stopped:
            break
        tell(f"fault {number + 1} of {len(planned)}: {one.name}")
        result, stopped = attempt(one.drill, asked.overrides, replace(options, sabotage=one.sabotage))
        if result is not None:
            results[result.folder.name] = result.record
            trials[number] = trials[number].model_copy(update={"run": result.folder.name})
            tell(result.record.control.sentence if result.record.control else result.record.sentence)
    return _written(healthy, trials, results, stopped)


def _written(healthy: RunResult, trials: Sequence[Trial], results: Mapping[str, Record], stopped: Stop) -> ProofResult:
    passed = healthy.record.verdict is Verdict.PASS
    folder = healthy.folder.with_name(f"{PREFIX}{healthy.folder.name}")
    plan = ProofPlan(
        proof=folder.name,
        drill=healthy.record.drill.name,
        title=healthy.record.drill.title,
        healthy=healthy.folder.name,
        trials=tuple(trials),
        ended_early=because(stopped) or ("" if passed else "the healthy run did not pass"),
    )
    proof = proof_of(plan, healthy.record, results)
    for file, form in ((PROOF, "json"), (PAGE, "html")):
        artifacts.keep(folder / file, render(proof, form).encode())
    return ProofResult(proof, folder, stopped)


def _planned(loaded: LoadedDrill, asked: Asked) -> list[_Planned]:
    """Return the controls to run: those of files, then what else suits; raises CannotRunError for unknown names."""
    faults.refuse_a_control(loaded)
    of_files = list(_of_files(loaded, asked.overrides))
    covered = {sabotage.fault for one in of_files for sabotage in one.control.drill.sabotage}
    generated = [
        _Planned(fault.name, faults.sabotaged(loaded, fault.name), asked.drill, fault.name)
        for fault in faults.suited(loaded.drill)
        if fault.sabotage.fault not in covered
    ]
    planned = [*of_files, *generated]
    _refuse_unknown(loaded.drill.known_misses, planned, f"{loaded.file}: known_misses")
    _refuse_unknown(asked.only, planned, "--only")
    chosen = [one for one in planned if not asked.only or one.names & {*asked.only}]
    if not chosen:
        raise CannotRunError(
            f"{loaded.file}: no sabotage suits {loaded.drill.drill}, and no control of it lies in {faults.CONTROLS}/",
            hint="write a control: `extends` the drill, with `sabotage` and `expect`",
        )
    return chosen


def _of_files(loaded: LoadedDrill, overrides: Sequence[str]) -> Iterator[_Planned]:
    for file in faults.control_files(loaded.file):
        control = loader.load(file, overrides)
        yield _Planned(control.drill.drill, control, str(file))


def _refuse_unknown(names: Iterable[str], planned: Sequence[_Planned], where: str) -> None:
    known = {name for one in planned for name in one.names}
    for name in names:
        if name not in known:
            raise CannotRunError(
                f"{where}: nothing named {name!r} is done to this drill{did_you_mean(name, known)}",
                hint=f"what is: {', '.join(one.name for one in planned)}",
            )


def find_proof(evidence: Path, name: str) -> Path | None:
    """Return a proof's folder by path or by the beginning of its id; None when nothing is named so, or several are."""
    return found(evidence, name, PREFIX, PROOF)


def judged(folder: Path) -> Proof:
    """Return a proof from its runs, each judged again; raises UnreadableRunError."""
    plan = read_again(folder / PROOF, Proof, "a proof").plan
    controls = {
        trial.run: judged_run(folder.parent.parent / trial.control / trial.run) for trial in plan.trials if trial.run
    }
    return proof_of(plan, judged_run(folder.with_name(plan.healthy)), controls)


def render(proof: Proof, form: str) -> str:
    """Return a proof as html, json or text; raises UnreadableRunError for another form."""
    from reports import render_detection

    return told(proof, form, {"text": render_detection.text, "html": render_detection.html}, "a proof")
