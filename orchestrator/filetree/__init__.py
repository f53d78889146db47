"""What several kinds ask of files: what a tree of them holds, and the restic repository that it is backed up in."""
