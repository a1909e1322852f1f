"""What a run leaves behind: files written whole or not at all, with checksums."""
