"""The record: what is known to have happened, what is fitted to it, and how well it is foreseen."""
