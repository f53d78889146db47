"""The shop's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, OuterRef, Subquery
from django.shortcuts import get_object_or_404, render

from shop.models import Category, Customer, OrderLine, Product
from shop.telling import cached

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SHOWN = 24


@cached
def front(request: HttpRequest) -> HttpResponse:
    """Show the roots of the tree with what is below them, and the newest products."""
    roots = Category.objects.filter(parent=None).order_by("name").prefetch_related("children")
    return render(request, "shop/front.html", {"roots": roots, "products": Product.objects.order_by("-id")[:SHOWN]})


@cached
def category(request: HttpRequest, slugs: str) -> HttpResponse:
    """Show a category, found from the root down, with what is below it and in it."""
    way: list[Category] = []
    for slug in slugs.split("/"):
        way.append(get_object_or_404(Category, slug=slug, parent=way[-1] if way else None))
    products = Product.objects.filter(category=way[-1]).order_by("name")[:SHOWN]
    return render(request, "shop/category.html", {"way": way, "children": way[-1].children.all(), "products": products})


@cached
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a product, its price and where it stands."""
    found = get_object_or_404(Product.objects.select_related("category__parent"), slug=slug)
    return render(request, "shop/product.html", {"product": found})


def customer(request: HttpRequest, number: int) -> HttpResponse:
    """Show a customer's newest orders, and how often what is in them was bought by anybody; never cached."""
    found = get_object_or_404(Customer, pk=number)
    orders = found.orders.order_by("-placed").prefetch_related("lines__product")[:5]
    times = OrderLine.objects.filter(product=OuterRef("pk")).values("product").annotate(times=Count("pk"))
    bought = {line.product_id for order in orders for line in order.lines.all()}
    products = Product.objects.filter(pk__in=bought).annotate(times=Subquery(times.values("times")))
    return render(request, "shop/customer.html", {"customer": found, "orders": orders, "products": products})
