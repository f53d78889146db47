"""The outage: when it began, when the service was back for good, and the flaps in between."""

from __future__ import annotations

from dataclasses import replace

from synthetic_runs import DISASTER_NS, NEW, SyntheticLedger, instant, ns

from reports.facts.ledger import Action, Answer
from reports.judge.course import Course
from reports.judge.timeline import Outage, Stretch, outage

COURSE = Course(
    injected=DISASTER_NS,
    confirmed=True,
    confirmed_at=ns(0.005),
    stays_up=False,
    steady=None,
    detected=None,
    declared=None,
    recovery_started=None,
    recovered=ns(1.0),
    stopped=ns(3.0),
    verified=None,
    first=instant(-4.0),
    last=instant(4.0),
    target=None,
    zero=DISASTER_NS,
)


def away(made: SyntheticLedger, course: Course = COURSE) -> Outage:
    """Return the outage of a ledger."""
    return outage(lambda: made.attempts, course)


def ledger_down_until(moment: float) -> SyntheticLedger:
    """Return a ledger that fails from 10 ms on, every 100 ms, and writes every 100 ms from a moment on."""
    made = SyntheticLedger()
    made.write(-0.1)
    for tenth in range(30):
        at = tenth / 10 + 0.01
        if at < moment:
            made.other(Action.CONNECT, at, Answer.UNSENT)
        else:
            made.write(at, epoch=NEW)
    return made


def test_restored_with_the_first_acknowledgement_of_the_last_unbroken_run() -> None:
    """The clock stops when the answer came, not when the write was sent."""
    assert away(ledger_down_until(1.5)) == Outage(began=ns(0.012), restored=ns(1.512))


def test_the_outage_begins_when_its_first_failure_was_observed() -> None:
    """The attempt may have begun before the disaster; one that failed before the disaster is none of it."""
    made = ledger_down_until(1.5)
    made.write(-0.5, Answer.IN_DOUBT, took=0.1)
    made.write(-0.001, Answer.IN_DOUBT, took=0.004)
    assert away(made).began == ns(0.003)


def test_an_attempt_that_hung_over_the_recovery_does_not_break_the_run() -> None:
    """It was made while the service was away; only attempts made afterwards count against it."""
    made = ledger_down_until(1.5)
    made.write(1.4, Answer.IN_DOUBT, took=1.0, writer=1)
    assert away(made).restored == ns(1.512)


def test_a_failed_read_breaks_the_run() -> None:
    """A service is back when no writer and no reader fails; what was written before is a flap."""
    made = ledger_down_until(1.5)
    made.other(Action.READ, 1.745, Answer.IN_DOUBT)
    assert away(made) == Outage(began=ns(0.012), restored=ns(1.812), flaps=(Stretch(ns(1.512), ns(1.712), 3),))


def test_a_failed_attempt_at_the_very_moment_of_the_write_breaks_the_run() -> None:
    """At or after the write's attempt nothing may fail."""
    made = ledger_down_until(1.5)
    made.other(Action.READ, 1.51, Answer.REFUSED)
    assert away(made).restored == ns(1.612)


def test_acknowledgements_within_the_outage_are_flaps_parted_by_failures() -> None:
    """Two short returns are two flaps; an answer to an attempt made before the outage is none."""
    made = ledger_down_until(1.5)
    made.write(0.005, took=0.009)
    made.write(0.32)
    made.write(0.33)
    made.write(0.75)
    flaps = (Stretch(ns(0.322), ns(0.332), 2), Stretch(ns(0.752), ns(0.752), 1))
    assert away(made) == Outage(began=ns(0.012), restored=ns(1.512), flaps=flaps)


def test_less_than_a_second_unbroken_is_not_restored() -> None:
    """Too little was seen to say that the service is back."""
    assert away(ledger_down_until(1.9)).restored == ns(1.912)
    assert away(ledger_down_until(2.0)).restored is None


def test_a_workload_stopped_before_recovery_had_finished_shows_nothing() -> None:
    """Somebody may still have been at work on the service."""
    assert away(ledger_down_until(1.5), replace(COURSE, recovered=ns(3.1))).restored is None


def test_without_recovery_nothing_is_restored() -> None:
    """A service that answers although nobody recovered it is not a recovery."""
    assert away(ledger_down_until(1.5), replace(COURSE, recovered=None)).restored is None


def test_attempts_after_the_workload_was_stopped_do_not_exist() -> None:
    """They fail because the lab is being taken down."""
    made = ledger_down_until(1.5)
    made.other(Action.READ, 3.001, Answer.IN_DOUBT)
    assert away(made).restored == ns(1.512)


def test_a_service_that_stayed_up_is_restored_after_the_last_recovery_step() -> None:
    """Damage to data is repaired only when all steps are done, although writes never failed."""
    made = ledger_down_until(0)
    assert away(made, replace(COURSE, stays_up=True)) == Outage(began=None, restored=ns(1.012))


def test_a_blip_of_a_service_that_stayed_up_does_not_end_the_damage() -> None:
    """One failed attempt long before the recovery had finished is no recovery."""
    made = ledger_down_until(0.1)
    assert away(made, replace(COURSE, stays_up=True)) == Outage(began=ns(0.012), restored=ns(1.012))


def test_what_the_injection_itself_broke_is_no_outage_of_a_service_that_stays_up() -> None:
    """Attempts begun before the damage was confirmed fail because of the injection, whenever that becomes known."""
    made = ledger_down_until(0)
    made.other(Action.CONNECT, 0.002, Answer.UNSENT)
    made.write(0.004, Answer.IN_DOUBT, took=0.9, writer=1)
    assert away(made, replace(COURSE, stays_up=True)) == Outage(began=None, restored=ns(1.012))
    assert away(made) == Outage(began=ns(0.004), restored=ns(0.012))


def test_a_service_that_should_be_away_and_never_failed_has_no_outage_to_end() -> None:
    """Without a failure observed there is nothing to be restored from."""
    assert away(ledger_down_until(0)) == Outage(None, None)


def test_nothing_is_said_without_a_disaster() -> None:
    """No mark, no outage."""
    assert away(ledger_down_until(1.5), replace(COURSE, injected=None)) == Outage(None, None)


def test_utc_is_told_by_the_clock_of_the_boot_that_the_run_was_in() -> None:
    """A dead run is closed by a sweep, perhaps after a reboot: the monotonic clock has then begun anew."""
    rebooted = instant(-900.0).model_copy(update={"utc": instant(86_400.0).utc})
    assert replace(COURSE, last=rebooted).utc(ns(1.5)) == instant(1.5).utc
