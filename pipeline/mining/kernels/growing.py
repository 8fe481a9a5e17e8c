"""Arrays that grow: a longer copy where the one in hand is too short; and arrays of one value.

Written with loops: what NumPy has for it takes Numba up to half a second to compile, each time.
"""

from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from pipeline.mining.kernels.compiled import inner


@inner
def longer(values: npt.NDArray[Any], used: int, wanted: int) -> npt.NDArray[Any]:
    """Return a copy of the `used` values, of any kind, with room for more, or for half more."""
    copy = np.empty(max(wanted, used + used // 2 + 256), values.dtype)
    for place in range(used):
        copy[place] = values[place]
    return copy


@inner
def filled(length: int, value: int, kind: Any) -> npt.NDArray[Any]:  # noqa: ANN401 - a type
    """Return an array of a kind, such as `np.int32`, that holds one value everywhere."""
    values = np.empty(length, kind)
    for place in range(length):
        values[place] = value
    return values


Columns = TypeVar("Columns", bound=tuple[npt.NDArray[Any], ...])


def with_room(arrays: Columns, used: int, wanted: int) -> Columns:
    """Return arrays of one length with room for so many, or half longer; the same if they have it.

    Args:
        arrays: Of any kinds.
        used: How many values of each are copied.
        wanted: How many there must be room for.
    """
    if wanted <= len(arrays[0]):
        return arrays
    length = max(wanted, 3 * len(arrays[0]) // 2)
    longer = tuple(np.empty(length, array.dtype) for array in arrays)
    for copy, array in zip(longer, arrays, strict=True):
        copy[:used] = array[:used]
    return cast("Columns", longer)
