"""Look at one item: what stands before it in the baskets that hold it ("occurrence deliver").

Time: the items read, once where they lie and once more in the copy, or all items before the one
in question where these are fewer.

Source:
    Uno, Kiyomi and Arimura, LCM ver. 2: Efficient Mining Algorithms for Frequent/Closed/Maximal
    Itemsets, FIMI 2004.
"""

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import inner
from pipeline.mining.kernels.slots import Places, sort_items


@inner
def gather(
    slots: Int32s, places: Places, span: tuple[int, int], arena: Int32s, top: int, counts: Int64s
) -> int:
    """Copy the beginnings of rows before some places and count their items.

    Args:
        slots: Rows of items.
        places: Places of items in the slots.
        span: The first place to look at, and the one after the last.
        arena: Takes rows of the same form from `top` on.
        top: Its first free slot.
        counts: For each item the weight of the rows; grows.

    Returns:
        Where the copied rows end.
    """
    end = top
    for number in range(span[0], span[1]):
        place = np.int64(places[number])
        begin = place - 1
        while slots[begin] >= 0:
            begin -= 1
        if begin == place - 1:
            continue
        weight = slots[begin]
        arena[end] = weight
        end += 1
        for at in range(begin + 1, place):
            item = slots[at]
            counts[item] -= weight
            arena[end] = item
            end += 1
    return end


@inner
def list_frequent(
    arena: Int32s,
    span: tuple[int, int],
    item: int,
    min_count: int,
    counts: Int64s,
    frequent: Int32s,
    found_counts: Int64s,
) -> int:
    """List the items below one that reach a count, ascending, and make all counts zero again.

    Returns:
        How many there are in `frequent`, with their counts.
    """
    found = 0
    if span[1] - span[0] >= item:
        for other in range(item):
            count = counts[other]
            counts[other] = 0
            if count >= min_count:
                frequent[found], found_counts[found] = other, count
                found += 1
        return found
    for place in range(span[0], span[1]):
        # A listed item's count is negative until the end, so that it is listed once.
        if arena[place] >= 0 and counts[arena[place]] > 0:
            if counts[arena[place]] >= min_count:
                frequent[found] = arena[place]
                found += 1
                counts[arena[place]] *= -1
            else:
                counts[arena[place]] = 0
    sort_items(frequent[:found])
    for place in range(found):
        found_counts[place] = -counts[frequent[place]]
        counts[frequent[place]] = 0
    return found
