"""What the rows of two sets have in common, as bits; words without a bit may be passed over.

Indexes are unsigned: one that may be negative keeps LLVM from using vectors, which takes ten times
as long.
"""

import numpy as np

from pipeline.mining.baskets import Int32s
from pipeline.mining.kernels.bits import Words, popcount
from pipeline.mining.kernels.compiled import inlined


@inlined
def list_words(bits: Words, mine: int, words: int, count: int, listed: Int32s) -> int:
    """List the words of a set that are not zero, where many may be; return how many, or all."""
    if count >= 2 * words:
        return words
    kept = 0
    for word in range(words):
        listed[np.uint64(kept)] = word
        kept += bits[np.uint64(mine + word)] != 0
    return words if 4 * kept > 3 * words else kept


@inlined
def count_common(bits: Words, mine: int, place: int, words: int, listed: Int32s, kept: int) -> int:
    """Return the number of baskets that two sets have in common."""
    joint_count = 0
    if 3 * kept > words:
        for word in range(words):
            common = bits[np.uint64(place + word)] & bits[np.uint64(mine + word)]
            joint_count += popcount(common)
        return joint_count
    for at in range(kept):
        held = listed[at]
        common = bits[np.uint64(place + held)] & bits[np.uint64(mine + held)]
        joint_count += popcount(common)
    return joint_count


@inlined
def write_common(
    bits: Words, mine: int, place: int, words: int, listed: Int32s, kept: int, to: int
) -> None:
    """Write the baskets that two sets have in common, the listed words alone."""
    if kept == words:
        for word in range(words):
            common = bits[np.uint64(place + word)] & bits[np.uint64(mine + word)]
            bits[np.uint64(to + word)] = common
        return
    for at in range(kept):
        held = listed[at]
        common = bits[np.uint64(place + held)] & bits[np.uint64(mine + held)]
        bits[np.uint64(to + at)] = common
