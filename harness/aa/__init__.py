"""``twinbench aa``: an arm raced against itself, which says how far a race of two arms may be trusted."""
