"""The kinds: one file, one kind, one class. Found by their file's name; no list to edit."""
