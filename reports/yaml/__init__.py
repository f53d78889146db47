"""YAML that people write: read with its lines, checked against types, every mistake at once in its author's words."""
