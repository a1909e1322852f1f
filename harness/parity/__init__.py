"""Prove that the halves of a pair compute one function: gates with bounds, cheapest first."""
