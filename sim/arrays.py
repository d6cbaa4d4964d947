"""Types of arrays. The last axis of anything that replicates differ in is the replicate."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Ints = np.ndarray[Any, np.dtype[np.intp]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

#: Type of the state and of all that is computed from it: half the memory of double precision moves in half the time.
REAL = np.float32
