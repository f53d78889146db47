"""What no check of evidence alone can tell, whoever makes it and however well."""

from __future__ import annotations

SECOND_REGISTER = "A second, clean register kept beside this one cannot be seen from here."
FAKED_LIVE = (
    "An operator who fakes a run while it happens signs a sound record of it: independent testers, attended drills and "
    "the raw logs are what counters that."
)
TRUNCATION = (
    "Whether the newest entries were cut off, or the whole register was replaced by an older copy, cannot be told "
    "without a head that was published elsewhere (`drillmaster head`, `--head`)."
)
REWRITING = (
    "Whoever holds the key could have written the register anew, runs left out or dated back, wherever no time stamp "
    "or head published elsewhere covers it."
)
KEY_THEFT = "Whether the key was in its owner's hands alone is not to be seen in what it signed."
ALWAYS = (SECOND_REGISTER, FAKED_LIVE, KEY_THEFT)
