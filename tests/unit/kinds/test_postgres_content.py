"""The check `postgres-content`: what counts as a difference, and how it is told. Its SQL: tests/real/test_checks.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orchestrator.core.content import Content, Database, Rows, differences
from orchestrator.kinds.checks.postgres_content import PostgresContent
from orchestrator.postgresql.compared import compared_rows
from reports.facts.events import Finding, State

if TYPE_CHECKING:
    from orchestrator.core.lab import Lab

SHOP = Database(
    objects={"relation public.orders": "1", "index public.orders_pkey": "2"},
    tables={"public.orders": Rows(count=1000, digest="7")},
    sequences={"public.orders_id_seq": 5, "public.fresh": 1},
)
CHECK = PostgresContent(service="db")


def content(shop: Database = SHOP, **objects: str) -> Content:
    """Return a cluster with one database and these objects of its own."""
    return Content(
        major=15, excluded=("drillmaster.*",), objects=objects or {"role app": "9"}, databases={"shop": shop}
    )


def changed(**parts: object) -> Content:
    """Return the cluster with another part of its database."""
    return content(SHOP.model_copy(update=parts))


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (content(), []),
        (changed(sequences={"public.orders_id_seq": 6, "public.fresh": 1}), []),
        (
            changed(sequences={"public.orders_id_seq": 4, "public.fresh": 1}),
            ["shop: sequence public.orders_id_seq is behind by 1"],
        ),
        (
            changed(tables={"public.orders": Rows(count=999, digest="6")}),
            ["shop: public.orders has 999 rows, not 1000"],
        ),
        (
            changed(tables={"public.orders": Rows(count=1000, digest="8")}),
            ["shop: public.orders has other values in as many rows (1000)"],
        ),
        (
            changed(tables={"public.orders": Rows(error="invalid page in block 3")}),
            ["shop: public.orders cannot be read: invalid page in block 3"],
        ),
        (changed(tables={}), ["shop: public.orders cannot be read: the table is missing"]),
        (
            changed(objects={"relation public.orders": "3", "view public.new": "4"}),
            [
                "shop: relation public.orders changed",
                "shop: index public.orders_pkey missing",
                "shop: view public.new added",
            ],
        ),
        (content(Database(error="refused")), ["shop cannot be read: refused"]),
        (
            Content(major=15, excluded=(), objects={"role app": "9"}, databases={}),
            ["shop cannot be read: the database is missing"],
        ),
        (content(**{"role app": "8"}), ["role app changed"]),
    ],
)
def test_what_is_different_is_named(after: Content, says: list[str]) -> None:
    """Everything that is not as it was, and no sequence that only went on."""
    assert list(differences(content(), after)) == says


def test_what_every_major_words_anew_is_compared_within_one_major_only() -> None:
    """That it is there is compared between two; how a view's query is written is not."""
    was, now = (
        content(SHOP.model_copy(update={"objects": {"query of public.v": digest, name: "1"}}))
        for digest, name in (("1", "query of public.w"), ("2", "query of public.x"))
    )
    both = ["shop: query of public.w missing", "shop: query of public.x added"]
    assert list(differences(was, now)) == ["shop: query of public.v changed", *both]
    assert list(differences(was, now.model_copy(update={"major": 17}))) == both


def test_a_manifest_survives_being_kept() -> None:
    """What is remembered as JSON compares as what was taken."""
    assert Content.model_validate(content().model_dump(mode="json")) == content()


def test_what_could_not_be_read_is_listed() -> None:
    """Databases as a whole, then tables."""
    broken = Database(tables={"public.a": Rows(error="torn")})
    databases = {"one": Database(error="refused"), "two": broken}
    assert Content(major=15, excluded=(), objects={}, databases=databases).errors == [
        "one: refused",
        "two: public.a: torn",
    ]


def test_the_same_content_is_held_with_its_amount() -> None:
    """The finding tells how much was looked at and what was left out."""
    assert CHECK._compared(content(), content()) == Finding(
        name="postgres-content",
        state=State.HELD,
        says="db: 1,000 rows of 1 tables and 3 definitions are as they were",
        seen={
            "databases": 1,
            "tables": 1,
            "rows": 1000,
            "objects": 3,
            "excluded": ["drillmaster.*"],
            "closed": [],
            "differences": [],
        },
    )


def test_of_many_differences_twenty_are_named_and_all_counted() -> None:
    """The sentence names the first."""
    before = content(SHOP.model_copy(update={"objects": {f"view v{number:02}": "1" for number in range(23)}}))
    after = content(SHOP.model_copy(update={"objects": {}}))
    finding = CHECK._compared(before, after)
    assert (finding.state, finding.says) == (State.VIOLATED, "db: shop: view v00 missing, and 22 more differences")
    assert finding.seen["differences"] == [f"shop: view v{number:02} missing" for number in range(20)]
    assert finding.seen["further_differences"] == 3


def test_a_difference_is_named_as_far_as_a_reader_gets() -> None:
    """A function's name holds the types of all its arguments."""
    before = content(SHOP.model_copy(update={"objects": {"f" * 400: "1"}}))
    finding = CHECK._compared(before, content(SHOP.model_copy(update={"objects": {}})))
    assert finding.seen["differences"] == ["shop: " + "f" * 294 + "…"]


def test_without_a_memory_the_content_is_unknown(lab: Lab) -> None:
    """There is nothing to compare with."""
    says = "db: nothing was remembered before the disaster to compare with"
    assert CHECK.look(lab) == [Finding(name="postgres-content", state=State.UNKNOWN, says=says)]


def test_the_rows_that_any_check_compares_are_counted(lab: Lab) -> None:
    """Each check remembers its own: what one of them leaves out, the other still compares."""
    less = PostgresContent(service="db", exclude=("public.orders",))
    drill = lab.loaded.drill.model_copy(update={"checks": [CHECK, less]})
    lab.loaded = lab.loaded.model_copy(update={"drill": drill})
    shop = lab.service("db").database
    for check, tables, rows in ((less, {}, 0), (CHECK, SHOP.tables, 1000), (less, {}, 1000)):
        taken = content().model_copy(update={"databases": {shop: Database(tables=tables)}})
        lab.remember(check.memory, "db", taken.model_dump(mode="json"), "some rows")
        assert compared_rows(lab, "db", "public.orders") == rows
    assert compared_rows(lab, "db", "public.nothing") == 0


def test_a_server_that_is_not_there_lost_its_content(lab: Lab) -> None:
    """A fault of what was recovered, not a doubt."""
    lab.remember(CHECK.memory, "db", content().model_dump(mode="json"), "some rows")
    lab.kill("db")
    assert CHECK.look(lab) == [
        Finding(name="postgres-content", state=State.VIOLATED, says="db: its container is not running")
    ]
