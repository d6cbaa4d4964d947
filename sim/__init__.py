"""A simulator of diplomacy among named states."""
