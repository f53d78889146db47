"""The command `turnover`."""

from django.core.management.base import BaseCommand

from shop.models import OrderLine


class Command(BaseCommand):
    """Print how many order lines there are and what was paid for them, every row read through the models."""

    help = __doc__

    def handle(self, **_: object) -> None:
        """Print it."""
        paid = [line.paid for line in OrderLine.objects.select_related("product").iterator()]
        self.stdout.write(f"{len(paid)} order lines, {sum(paid):.2f} paid")
