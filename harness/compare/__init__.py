"""Two runs beside each other: what changed between versions, machines or settings."""
