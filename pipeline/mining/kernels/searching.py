"""Where a value stands in ascending ones."""

from pipeline.mining.baskets import Int32s
from pipeline.mining.kernels.compiled import inlined


@inlined
def place_of(items: Int32s, low: int, high: int, item: int) -> int:
    """Return the place of an item from `low` on, before `high`, where items ascend; -1 without."""
    end = high
    while low < high:
        middle = (low + high) >> 1
        if items[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low if low < end and items[low] == item else -1
