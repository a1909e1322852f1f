"""What a device can do at most, and where the time of a step goes: measured by itself, told beside later runs."""
