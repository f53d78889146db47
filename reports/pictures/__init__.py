"""Drawings of a run for its report: inline SVG in the page's own colours, the same bytes for the same record."""
