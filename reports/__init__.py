"""Everything that can be derived from a run's folder alone. Imports nothing of `orchestrator`."""
