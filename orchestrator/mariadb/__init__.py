"""What several kinds ask of MariaDB: content, read as root."""
