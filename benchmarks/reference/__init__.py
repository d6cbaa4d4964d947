"""The model of docs/model.md once more, one replicate at a time, as one writes it with Mesa and nothing else.

It shares the scenario's entries and the names of the streams of draws with the simulator, and no code of the weekly
step. It is there to be read, to check the simulator against (tests/test_reference.py) and to measure it by.
"""

from benchmarks.reference.model import Diplomacy

__all__ = ["Diplomacy"]
