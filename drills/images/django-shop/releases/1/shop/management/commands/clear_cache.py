"""The command `clear_cache`."""

from django.core.cache import cache
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Forget every page that was kept, of all releases."""

    help = __doc__

    def handle(self, **_: object) -> None:
        """Forget them."""
        cache.clear()
