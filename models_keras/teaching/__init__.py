"""The same networks once more, with nothing hidden: to read, not to race."""
