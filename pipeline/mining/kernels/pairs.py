"""Count every pair of items that stands together in baskets, and the persons behind it.

In plain words: for each item, walk the baskets that hold it and count the items before it in one
array as long as there are items, so that only pairs that exist cost anything. The baskets of an
item are visited person by person: a person is new to a pair if the pair's last person was another
one. With times, baskets in which one item came strictly before the other are counted apart.

Memory: the baskets twice (by basket, by item), 16 bytes per item and thread (48 with times), and
the pairs found. Time: the number of pairs of items in baskets, one step of a cache line each.

Source:
    Uno, Kiyomi and Arimura, LCM ver. 2, FIMI 2004: counting by occurrence deliver.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from pipeline.mining.baskets import Int32s, Int64s
from pipeline.mining.kernels.compiled import ONE, TWO, ZERO, entry, inlined
from pipeline.mining.kernels.growing import Found, first_room, up_to, with_room
from pipeline.mining.kernels.vertical import rows_of_items
from pipeline.mining.person_baskets import NOBODY
from pipeline.mining.threads import in_threads, parts_of_items

TOGETHER, FORWARD, BACKWARD = ZERO, ONE, TWO
COUNT, PERSONS, LAST_PERSON = range(3)
CELL = 4
UNKNOWN = -1
# Where counting stands: the item in hand, how many pairs there are, and how many items were found
# together with the item if its pairs wait for room; 0 if not.
ITEM, USED, TOUCHED = range(3)

Walked = tuple[Int32s, Int64s, Int32s, Int64s, Int32s, Int64s]
PlainWalked = tuple[Int32s, Int64s, Int32s, Int64s]


@dataclass(frozen=True)
class PairCounts:
    """Pairs of items, the left code below the right one, and in how many baskets they stand.

    Attributes:
        left: Smaller item code.
        right: Larger item code.
        joint: Baskets with both.
        persons: Distinct known persons of these baskets.
        forward: Baskets in which the right item came after the left one; 0 without times.
        forward_persons: Distinct known persons of the forward baskets.
        backward: Baskets in which it came before.
        backward_persons: Distinct known persons of the backward baskets.
    """

    left: Int32s
    right: Int32s
    joint: Int64s
    persons: Int64s
    forward: Int64s
    forward_persons: Int64s
    backward: Int64s
    backward_persons: Int64s


def count_pairs(
    basket_offsets: Int64s,
    item_codes: Int32s,
    basket_persons: Int64s,
    first_at: Int64s | None,
    *,
    min_pair_count: int,
    threads: int = 1,
) -> PairCounts:
    """Count the pairs that are in enough baskets.

    Args:
        basket_offsets: Start of each basket, and the end of the last.
        item_codes: Items of all baskets, ascending and distinct inside a basket.
        basket_persons: Person of each basket, `NOBODY` where unknown.
        first_at: When each item came into its basket; None where that does not matter.
        min_pair_count: Smallest number of baskets.
        threads: Any number gives the same pairs in the same order.

    Returns:
        The pairs, ordered by right item; first seen first among equals.
    """
    width = int(item_codes.max(initial=-1)) + 1
    order = np.argsort(basket_persons, kind="stable")
    persons = _numbered(basket_persons, order)
    rows, starts = rows_of_items(item_codes, basket_offsets, order, width)
    times = np.zeros(0, np.int64) if first_at is None else first_at
    is_plain = first_at is None and (_are_all_nobody(persons) or _are_all_others(persons))

    def count_part(part: tuple[int, int]) -> tuple[Int32s, Int32s, Int32s]:
        limits = (*part, min_pair_count)
        if is_plain:
            return count_plain_pairs_of(item_codes, basket_offsets, rows, starts, limits)
        return count_pairs_of(item_codes, basket_offsets, persons, times, rows, starts, limits)

    found = in_threads(count_part, parts_of_items(starts, threads), threads)
    if not is_plain:
        return _gathered(found, 2 if first_at is None else 6)
    counts = _gathered(found, 1)
    return counts if _are_all_nobody(persons) else replace(counts, persons=counts.joint)


def _are_all_nobody(persons: Int32s) -> bool:
    return bool((persons == UNKNOWN).all())


def _are_all_others(persons: Int32s) -> bool:
    """Return whether each basket is of a known person who has no other: pairs count persons."""
    return int(persons.min(initial=0)) >= 0 and int(persons.max(initial=-1)) == len(persons) - 1


def _numbered(persons: Int64s, order: Int64s) -> Int32s:
    """Give persons numbers from 0 on, unknown ones -1."""
    ordered = persons[order]
    is_new = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
    numbers = np.empty(len(persons), dtype=np.int32)
    numbers[order] = np.cumsum(is_new) - 1
    numbers[persons == NOBODY] = UNKNOWN
    return numbers


def _gathered(parts: list[tuple[Int32s, Int32s, Int32s]], columns: int) -> PairCounts:
    left, right, flat = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    parts.clear()
    counts = [flat[column::columns].astype(np.int64) for column in range(columns)]
    del flat
    # Memory that nobody writes to is never taken.
    absent = [np.zeros(len(left), np.int64) for _ in fields(PairCounts)[2 + columns :]]
    return PairCounts(left, right, *counts, *absent)


# Indexes are unsigned where it counts: not to look for a negative one saves a fifth of the time.


@inlined
def _count(cells: Int32s, lane: int, item: int, person: int) -> None:
    """Count one basket of one person for the pair with an item."""
    at = np.uint64(item)
    cells[lane, at, COUNT] += 1
    if cells[lane, at, LAST_PERSON] != person:
        cells[lane, at, LAST_PERSON] = person
        cells[lane, at, PERSONS] += 1


@inlined
def _count_times(
    items: Int32s, times: Int64s, begin: int, end: int, person: int, cells: Int32s
) -> None:
    """Count the items that came strictly before or after the one at the end, apart."""
    now = times[np.uint64(end)]
    for place in range(begin, end):
        at = np.uint64(place)
        if times[at] < now:
            _count(cells, FORWARD, items[at], person)
        elif times[at] > now:
            _count(cells, BACKWARD, items[at], person)


@inlined
def _clear(cells: Int32s, item: int) -> None:
    for lane in range(cells.shape[0]):
        cells[lane, item, COUNT] = cells[lane, item, PERSONS] = 0
        cells[lane, item, LAST_PERSON] = UNKNOWN


@inlined
def _count_item(walked: Walked, item: int, cells: Int32s, touched: Int32s) -> int:
    """Count the items before one in its baskets; list them, and return how many there are."""
    items, begins, persons, times, rows, starts = walked
    lanes, touched_count = cells.shape[0], 0
    for place in range(starts[item], starts[item + 1]):
        begin, person = begins[rows[place]], persons[rows[place]]
        end = begin
        while items[np.uint64(end)] < item:
            other = items[np.uint64(end)]
            if cells[TOGETHER, np.uint64(other), COUNT] == 0:
                touched[np.uint64(touched_count)] = other
                touched_count += 1
            _count(cells, TOGETHER, other, person)
            end += 1
        if lanes > 1:
            _count_times(items, times, begin, end, person, cells)
    return touched_count


@entry(
    "void(Tuple((int32[::1], int64[::1], int32[::1], int64[::1], int32[::1], int64[::1])),"
    " UniTuple(int64, 2), int32[:, :, ::1], int32[::1], UniTuple(int32[::1], 3), int64[::1])"
)
def _count_pairs(
    walked: Walked,
    limits: tuple[int, int],
    cells: Int32s,
    touched: Int32s,
    pairs: Found,
    state: Int64s,
) -> None:
    """Go on with the work of `count_pairs_of` until all is done or room is short.

    Args:
        walked: The arguments of `count_pairs_of` but for the last.
        limits: Those without the first item.
        cells: For each lane and item how often it was counted and for how many persons, and the
            last one; 0, 0 and -1 but for those of the item whose pairs wait for room.
        touched: Takes the items found together with the one in hand.
        pairs: Takes what is found.
        state: Where counting stands.
    """
    last, min_count = limits
    left, right, counts = pairs
    lanes = cells.shape[0]
    item, used, touched_count = state[ITEM], state[USED], state[TOUCHED]
    while item < last:
        if touched_count == 0:
            touched_count = _count_item(walked, item, cells, touched)
        wanted = used + touched_count
        if wanted > len(left) or 2 * lanes * wanted > len(counts):
            break
        for place in range(touched_count):
            other = touched[place]
            if cells[TOGETHER, other, COUNT] >= min_count:
                left[used], right[used] = other, item
                for lane in range(lanes):
                    counts[2 * (lanes * used + lane)] = cells[lane, other, COUNT]
                    counts[2 * (lanes * used + lane) + 1] = cells[lane, other, PERSONS]
                used += 1
            _clear(cells, other)
        item, touched_count = item + 1, 0
    state[ITEM], state[USED], state[TOUCHED] = item, used, touched_count


def count_pairs_of(
    items: Int32s,
    begins: Int64s,
    persons: Int32s,
    times: Int64s,
    rows: Int32s,
    starts: Int64s,
    limits: tuple[int, int, int],
) -> Found:
    """Count the pairs whose larger item is in a range.

    Args:
        items: Items of all rows, ascending inside a row.
        begins: Start of each row, and the end of the last.
        persons: Number of each row's person; -1 where unknown.
        times: When each item came into its row; empty where that does not matter.
        rows: Rows of each item, unknown persons first and those of one person together.
        starts: Start of each item's rows, and the end of the last.
        limits: First item, the one after the last, smallest number of rows.

    Returns:
        Left items, right items, and for each pair its number of rows and of persons, with times
        also those of the forward and of the backward rows.
    """
    first, last, min_count = limits
    walked = items, begins, persons, times, rows, starts
    lanes = 1 if len(times) == 0 else 3
    cells = np.zeros((lanes, max(last, 1), CELL), np.int32)
    cells[:, :, LAST_PERSON] = UNKNOWN
    touched, counts = np.empty(max(last, 1), np.int32), np.empty(2048 * lanes, np.int32)
    left, right = np.empty(1024, np.int32), np.empty(1024, np.int32)
    state = np.array([first, 0, 0])
    while state[ITEM] < last:
        _count_pairs(walked, (last, min_count), cells, touched, (left, right, counts), state)
        used = state[USED]
        wanted = used + state[TOUCHED]
        left, right = with_room((left, right), used, wanted)
        (counts,) = with_room((counts,), 2 * lanes * used, 2 * lanes * wanted)
    used = state[USED]
    return left[:used], right[:used], counts[: 2 * lanes * used]


@inlined
def _count_plain_item(walked: PlainWalked, item: int, cells: Int32s, touched: Int32s) -> int:
    """Count the items before one in its baskets; list them, and return how many there are."""
    items, begins, rows, starts = walked
    touched_count = 0
    for place in range(starts[item], starts[item + 1]):
        at = begins[rows[place]]
        while items[np.uint64(at)] < item:
            other = items[np.uint64(at)]
            count = cells[np.uint64(other)]
            if count == 0:
                touched[np.uint64(touched_count)] = other
                touched_count += 1
            cells[np.uint64(other)] = count + 1
            at += 1
    return touched_count


@entry(
    "void(Tuple((int32[::1], int64[::1], int32[::1], int64[::1])), UniTuple(int64, 2),"
    " int32[::1], int32[::1], UniTuple(int32[::1], 3), int64[::1])"
)
def _count_plain_pairs(
    walked: PlainWalked,
    limits: tuple[int, int],
    cells: Int32s,
    touched: Int32s,
    pairs: Found,
    state: Int64s,
) -> None:
    """Go on with the work of `count_plain_pairs_of`, as `_count_pairs` does with its own."""
    last, min_count = limits
    left, right, counts = pairs
    item, used, touched_count = state[ITEM], state[USED], state[TOUCHED]
    while item < last:
        if touched_count == 0:
            touched_count = _count_plain_item(walked, item, cells, touched)
        if used + touched_count > len(left):
            break
        for place in range(touched_count):
            other = touched[place]
            if cells[other] >= min_count:
                left[used], right[used], counts[used] = other, item, cells[other]
                used += 1
            cells[other] = 0
        item, touched_count = item + 1, 0
    state[ITEM], state[USED], state[TOUCHED] = item, used, touched_count


def count_plain_pairs_of(
    items: Int32s, begins: Int64s, rows: Int32s, starts: Int64s, limits: tuple[int, int, int]
) -> Found:
    """Count the same without a look at persons and times, which takes half as long.

    Returns:
        Left items, right items, and for each pair its number of rows.
    """
    first, last, min_count = limits
    walked = items, begins, rows, starts
    cells, touched = np.zeros(max(last, 1), np.int32), np.empty(max(last, 1), np.int32)
    pairs = first_room()
    state = np.array([first, 0, 0])
    while state[ITEM] < last:
        _count_plain_pairs(walked, (last, min_count), cells, touched, pairs, state)
        pairs = with_room(pairs, state[USED], state[USED] + state[TOUCHED])
    return up_to(state[USED], pairs)
