"""Sets of rows as bits, 64 to a word."""

from typing import TYPE_CHECKING, Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable


@intrinsic
def _count_bits(_context: Any, _word: Any) -> Any:  # noqa: ANN401 - types of Numba
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:  # noqa: ANN401
        return builder.ctpop(builder.bitcast(arguments[0], ir.IntType(64)))

    return types.int64(types.uint64), generate


popcount = cast("Callable[[Any], int]", _count_bits)
"""Return how many bits of a word are set: one instruction, several words at once in a loop."""
