"""What the checks and sabotage of PostgreSQL share: its content, its own verifiers, its backup repository."""
