"""A simulator of diplomacy among named states."""

__version__ = "0.1.0"
