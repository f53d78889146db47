"""Everything that can be derived from a run's folder alone. Imports nothing of `orchestrator`."""

__version__ = "0.1.0"
