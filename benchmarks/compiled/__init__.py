"""The model of docs/model.md compiled by numba: one replicate after another, plain loops over structs of plain arrays.

The yardstick for what a compiler makes of the same model. `tables_of` takes a world's numbers and `lot_of` those of
some replicates from the simulator's own model before its first week; `weeks_of` runs these replicates to the horizon:
what falls due, elections, successions, features, reasons, decisions with their days and sizes, effects, fading. Not in
it: setting up, the random variates, which are drawn beforehand, and what an ensemble keeps of each week, but for the
log of occurrences, stances, status quo and approval. Without numba (benchmarks/requirements.txt) it is plain Python.
"""

from benchmarks.compiled.jit import COMPILED
from benchmarks.compiled.step import weeks_of
from benchmarks.compiled.tables import lot_of, tables_of

__all__ = ["COMPILED", "lot_of", "tables_of", "weeks_of"]
