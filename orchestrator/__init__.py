"""Makes facts happen: builds the lab, runs the steps, injects the disaster, looks again. Judges nothing."""

__version__ = "0.1.0"
