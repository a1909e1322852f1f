"""A run: the coordinator, its sittings, and one worker process for each arm. Only a worker imports a framework."""
