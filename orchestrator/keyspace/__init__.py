"""What several kinds ask of Redis: what it holds, and where its backups lie."""
