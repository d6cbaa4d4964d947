"""The compiler, or nothing in its place where numba is missing or told to stay out (NUMBA_DISABLE_JIT)."""

from __future__ import annotations

from ctypes import CFUNCTYPE, c_double

try:
    from numba import config, njit
    from numba.extending import get_cython_function_address
except ImportError:
    COMPILED = False
else:
    COMPILED = not config.DISABLE_JIT

if COMPILED:
    compiled = njit(error_model="numpy", fastmath=True)
    normal = CFUNCTYPE(c_double, c_double)(get_cython_function_address("scipy.special.cython_special", "ndtri"))
else:
    from scipy.special import ndtri

    normal = ndtri

    def compiled(function):
        return function
