"""Sets of rows as bits, 64 to a word."""

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import inlined

if TYPE_CHECKING:
    from collections.abc import Callable

Words = npt.NDArray[np.uint64]

WORD = 64


@intrinsic
def _count_bits(_context: Any, _word: Any) -> Any:  # noqa: ANN401 - types of Numba
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.ctpop(builder.bitcast(arguments[0], ir.IntType(64)))

    return types.int64(types.uint64), generate


popcount = cast("Callable[[Any], int]", _count_bits)
"""Return how many bits of a word are set: one instruction, several words at once in a loop."""


@inlined
def set_bits(
    items: Int32s, begins: Int64s, block: tuple[int, int], words: int, bits: Words
) -> None:
    """Write for each item which rows of a block hold it, in so many words an item."""
    for place in range(len(bits)):
        bits[place] = 0
    first, last = block
    for row in range(first, last):
        word, mark = (row - first) // WORD, np.uint64(1) << np.uint64((row - first) % WORD)
        for at in range(begins[row], begins[row + 1]):
            bits[items[at] * words + word] |= mark
