"""Arrays that grow, for kernels that return when their room is short and are called again."""

from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from pipeline.mining.baskets import Int32s

Found = tuple[Int32s, Int32s, Int32s]
Columns = TypeVar("Columns", bound=tuple[npt.NDArray[Any], ...])


def first_room() -> Found:
    """Return room for the first rows of three numbers."""
    return np.empty(1024, np.int32), np.empty(1024, np.int32), np.empty(1024, np.int32)


def up_to(used: int, arrays: Columns) -> Columns:
    """Return the arrays without the room that is left."""
    return cast("Columns", tuple(array[:used] for array in arrays))


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
