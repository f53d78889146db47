"""The register: one append-only chain of entries over all runs of an evidence directory."""
