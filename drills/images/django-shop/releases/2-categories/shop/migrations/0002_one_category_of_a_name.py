"""Tidy up: one category of a name is enough, and what a line cost can be read from its product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations
from django.db.models import Count

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def merge(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:  # noqa: ARG001 - as Django calls it
    """Move the products of categories of one name into the first of them, wherever in the tree that is."""
    category = apps.get_model("shop", "Category")
    product = apps.get_model("shop", "Product")
    names = category.objects.values("name").annotate(times=Count("id")).filter(times__gt=1)
    for name in names.values_list("name", flat=True):
        first, *others = category.objects.filter(name=name).order_by("id")
        product.objects.filter(category__in=others).update(category=first)
        category.objects.filter(id__in=[other.id for other in others]).delete()


class Migration(migrations.Migration):
    """What it throws away is nowhere else: it has no way back."""

    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(merge), migrations.RemoveField("OrderLine", "unit_price")]
