"""Calls that a request to stop must not leave half done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


def whole(make: Callable[P, R]) -> Callable[P, R]:
    """Let `make` come to its end though its caller is interrupted meanwhile; the caller hears of it after the end.

    The engine goes on making what nobody waits for any more: tearing down would look too early, and overlook it.
    """

    @wraps(make)
    def to_the_end(*args: P.args, **kwargs: P.kwargs) -> R:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(make, *args, **kwargs).result()

    return to_the_end
