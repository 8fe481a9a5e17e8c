"""Arrays that grow: a longer copy where the one in hand is too short; and arrays of one value.

Written with loops: what NumPy has for it takes Numba up to half a second to compile, each time.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import inner


@inner
def longer32(values: Int32s, used: int, wanted: int) -> Int32s:
    """Return a copy of the `used` values with room for the wanted number, or for half more."""
    copy = np.empty(max(wanted, used + used // 2 + 256), np.int32)
    for place in range(used):
        copy[place] = values[place]
    return copy


@inner
def longer64(values: Int64s, used: int, wanted: int) -> Int64s:
    """Return a copy of the `used` values with room for the wanted number, or for half more."""
    copy = np.empty(max(wanted, used + used // 2 + 256), np.int64)
    for place in range(used):
        copy[place] = values[place]
    return copy


@inner
def longer(values: npt.NDArray[Any], used: int, wanted: int) -> npt.NDArray[Any]:
    """Return a copy of the `used` values, of any kind, with room for more, or for half more."""
    copy = np.empty(max(wanted, used + used // 2 + 256), values.dtype)
    for place in range(used):
        copy[place] = values[place]
    return copy


@inner
def filled32(length: int, value: int) -> Int32s:
    """Return an array that holds one value everywhere."""
    values = np.empty(length, np.int32)
    for place in range(length):
        values[place] = value
    return values


@inner
def filled64(length: int, value: int) -> Int64s:
    """Return an array that holds one value everywhere."""
    values = np.empty(length, np.int64)
    for place in range(length):
        values[place] = value
    return values
