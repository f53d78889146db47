"""The command `seed`."""

from __future__ import annotations

import csv
import io
import os
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.models import F, Sum
from django.utils.text import slugify

from shop.models import Category, Customer, Order, OrderLine, Product

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Iterator

ANYWHERE = ("Accessories", "Used", "Spare parts")
"""Stands in several places of the tree: one name, and not one category."""
TREE = {
    "Audio": {"Headphones": ("In-ear", "Over-ear"), "Speakers": ("Portable", "Shelf")},
    "Bicycles": {"City": (), "Mountain": ("Full suspension", "Hardtail")},
    "Cameras": {"Compact": (), "Mirrorless": ("Bodies", "Lenses")},
    "Computers": {"Laptops": ("13 inch", "15 inch"), "Monitors": ()},
    "Kitchen": {"Coffee": ("Grinders", "Machines"), "Knives": ()},
    "Phones": {"Large": (), "Rugged": (), "Small": ()},
}
FIRST = ("Ada", "Ben", "Chloé", "Dmitri", "Elif", "Fatou", "Günther", "Hana", "Ines", "Jonas", "Kaede", "Lúcia")
LAST = ("Adeyemi", "Brown", "Costa", "Dvořák", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "Jensen", "Kaya")
LOOKS = ("Black", "Blue", "Compact", "Heavy", "Light", "Pro", "Quiet", "Red", "Second", "Solid", "Travel", "White")
TODAY = datetime(2026, 1, 1, tzinfo=UTC)
YEARS = 3


class Command(BaseCommand):
    """Fill an empty shop, and print what `turnover` must print; the same sizes and seed make the same shop."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the sizes; where one is not given, from the environment, as SHOP_ORDERS and the like."""
        for name, size in (("products", 2_000), ("customers", 5_000), ("orders", 60_000), ("seed", 7)):
            parser.add_argument(f"--{name}", type=int, default=os.environ.get(f"SHOP_{name.upper()}", size))

    @transaction.atomic
    def handle(self, *, products: int, customers: int, orders: int, seed: int, **_: object) -> None:
        """Fill it."""
        chance = random.Random(seed)  # noqa: S311 - the same shop each time
        places = [place.pk for place in _tree()]
        prices = [round(chance.lognormvariate(3.5, 1.0), 2) for _ in range(products)]
        _copy(Product, "id, name, slug, price, stock, category_id", _products(chance, places, prices))
        _copy(Customer, "id, name, email, joined", _customers(chance, customers))
        placed = [chance.random() ** 0.5 for _ in range(orders)]
        _copy(Order, "id, placed, status, customer_id", _orders(chance, placed, customers))
        _copy(OrderLine, "id, quantity, unit_price, order_id, product_id", _lines(chance, placed, prices))
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [Product, Customer, Order, OrderLine]):
                cursor.execute(statement)
        paid = OrderLine.objects.aggregate(paid=Sum(F("quantity") * F("unit_price")))["paid"]
        self.stdout.write(f"{OrderLine.objects.count()} order lines, {paid:.2f} paid")


def _tree() -> list[Category]:
    """Make the tree, and return the categories that hold products."""
    holding = []
    for root, below in TREE.items():
        top = Category.objects.create(name=root, slug=slugify(root))
        for name, leaves in {**below, **dict.fromkeys(ANYWHERE, ())}.items():
            middle = Category.objects.create(parent=top, name=name, slug=slugify(name))
            holding += [Category.objects.create(parent=middle, name=leaf, slug=slugify(leaf)) for leaf in leaves]
            holding += [] if leaves else [middle]
    return holding


def _products(chance: random.Random, places: list[int], prices: list[float]) -> Iterator[list[Any]]:
    for number, price in enumerate(prices, 1):
        name = f"{chance.choice(LOOKS)} {chance.choice(LAST)} {number}"
        yield [number, name, slugify(name), f"{price:.2f}", chance.randrange(200), chance.choice(places)]


def _customers(chance: random.Random, count: int) -> Iterator[list[Any]]:
    for number in range(1, count + 1):
        name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
        joined = TODAY - timedelta(days=chance.randrange(365 * YEARS))
        yield [number, name, f"customer{number}@example.org", joined.date()]


def _orders(chance: random.Random, placed: list[float], customers: int) -> Iterator[list[Any]]:
    """Yield more orders in later years; few customers have many."""
    for number, share in enumerate(placed, 1):
        moment = TODAY - timedelta(days=365 * YEARS * (1 - share))
        status = chance.choices(("paid", "sent", "returned"), (5, 90, 5))[0]
        yield [number, moment.isoformat(), status, 1 + int(customers * chance.random() ** 2)]


def _lines(chance: random.Random, placed: list[float], prices: list[float]) -> Iterator[list[Any]]:
    """Yield one to five lines an order, at the price of that day; few products sell often."""
    number = 0
    for order, share in enumerate(placed, 1):
        for _ in range(chance.randint(1, 5)):
            number += 1
            product = int(len(prices) * chance.random() ** 2)
            price = prices[product] * (0.8 + 0.2 * share)
            yield [number, 1 + int(4 * chance.random() ** 4), f"{price:.2f}", order, product + 1]


def _copy(model: type[models.Model], columns: str, rows: Iterable[list[Any]]) -> None:
    """Load rows at once; one by one they would take minutes."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    text.seek(0)
    with connection.cursor() as cursor:
        table = model._meta.db_table  # noqa: SLF001 - Django's own way
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (FORMAT csv)", text)
        cursor.execute(f"ANALYZE {table}")
