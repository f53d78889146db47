"""Kinds of this sort; see `orchestrator.core.kind`."""
