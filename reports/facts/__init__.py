"""Typed facts: the contract of both halves. Nothing here imports from the rest of the project."""
