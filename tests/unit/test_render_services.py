"""What every rendering tells of several services: each for itself, beside the whole."""

from __future__ import annotations

from synthetic_records import PASSED
from synthetic_services import SEVERAL

from reports.exports.oscal_run import observations
from reports.render_html import html
from reports.render_junit import junit
from reports.render_text import text
from reports.summary import criteria


def test_the_text_has_a_line_for_each_service() -> None:
    """When it was back, and what it lost."""
    lines = text(SEVERAL).splitlines()
    assert lines[lines.index("Where the recovery time went") - 4 : lines.index("Where the recovery time went") - 1] == [
        "accounts                back after 6.84 s; 137 acknowledged writes lost, at most 690 ms",
        "sessions                not back within 10 min; what it lost is not known: none",
        "cache                   never away (nothing was done to it); nothing lost",
    ]
    assert "accounts: recovery time (RTO) held      6.84 s; promised 1 min; 53.16 s to spare" in lines


def test_the_page_has_a_section_on_the_services_where_there_are_several() -> None:
    """A page on one service is as it always was."""
    several, one = html(SEVERAL), html(PASSED)
    assert several.count('id="by-service"') == several.count('href="#by-service"') == 1
    assert "never away (nothing was done to it)" in several
    assert "300 writes, 1.5 s" in several
    assert "by-service" not in one


def test_machines_get_each_services_figures() -> None:
    """By names that begin with the service."""
    suite = junit(SEVERAL)
    assert '<property name="accounts.back_s" value="6.845000" />' in suite
    assert '<property name="sessions.lost_at_most_s" value="" />' in suite
    assert '<testcase name="accounts.rto"' in suite
    assert "accounts.rto" in [one["title"] for one in observations(SEVERAL)]


def test_a_promise_of_one_service_is_a_criterion_of_its_own() -> None:
    """It is named for people."""
    assert "accounts: recovery time (RTO)" in [one.name for one in criteria(SEVERAL)]
