"""What each answer tells of how it was made: its release, how long each query took, whether it came from the cache."""

from __future__ import annotations

from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    View = Callable[..., HttpResponse]


class Telling:
    """Middleware that tells the release and each query's time (Server-Timing) in an answer's headers."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and tell."""
        took: list[float] = []

        def timed(execute: Callable[..., Any], *query: object) -> Any:
            began = perf_counter()
            try:
                return execute(*query)
            finally:
                took.append(1000 * (perf_counter() - began))

        with connection.execute_wrapper(timed):
            response = self.get_response(request)
        response["X-Release"] = settings.RELEASE
        if took:
            response["Server-Timing"] = ", ".join(f"db;dur={ms:.3f}" for ms in took)
        return response


def cached(view: View) -> View:
    """Keep a page in the cache, and tell whether it came from there (Cache-Status, RFC 9211)."""

    @wraps(view)
    def serve(request: HttpRequest, **words: object) -> HttpResponse:
        body = cache.get(request.path)
        response = view(request, **words) if body is None else HttpResponse(body)
        response["Cache-Status"] = "shop; fwd=miss" if body is None else "shop; hit"
        if body is None:
            cache.set(request.path, response.content)
        return response

    return serve
