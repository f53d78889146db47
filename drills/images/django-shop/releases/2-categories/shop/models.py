"""What the shop sells, where it stands in the tree of categories, and who ordered it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from decimal import Decimal


class Category(models.Model):
    """A place in the tree; one without a parent is a root."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, db_index=False)

    class Meta:
        """How it is kept."""

        constraints = (models.UniqueConstraint(fields=["parent", "slug"], name="one_slug_under_a_parent"),)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """What can be bought."""

    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    stock = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """Who buys."""

    name = models.CharField(max_length=120)
    email = models.EmailField(unique=True)
    joined = models.DateField()

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """What a customer bought at once."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    placed = models.DateTimeField()
    status = models.CharField(max_length=10, choices=[(word, word) for word in ("paid", "sent", "returned")])

    def __str__(self) -> str:
        return f"order {self.pk}"


class OrderLine(models.Model):
    """One product of an order."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="lines")
    quantity = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id}"

    @property
    def paid(self) -> Decimal:
        """What the customer paid for it."""
        return self.quantity * self.product.price
