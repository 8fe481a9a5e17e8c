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
from pipeline.mining.kernels.compiled import ZERO, entry, inner
from pipeline.mining.kernels.growing import all_longer, longer
from pipeline.mining.kernels.vertical import rows_of_items
from pipeline.mining.person_baskets import NOBODY
from pipeline.mining.threads import in_threads, parts_of_items

TOGETHER, FORWARD, BACKWARD = range(3)
COUNT, PERSONS, LAST_PERSON = range(3)
CELL = 4
UNKNOWN = -1


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


@inner
def _count(cells: Int32s, lane: int, item: int, person: int) -> None:
    """Count one basket of one person for the pair with an item."""
    cells[lane, item, COUNT] += 1
    if cells[lane, item, LAST_PERSON] != person:
        cells[lane, item, LAST_PERSON] = person
        cells[lane, item, PERSONS] += 1


@inner
def _count_times(
    items: Int32s, times: Int64s, begin: int, end: int, person: int, cells: Int32s
) -> None:
    """Count the items that came strictly before or after the one at the end, apart."""
    for place in range(begin, end):
        if times[place] < times[end]:
            _count(cells, FORWARD, items[place], person)
        elif times[place] > times[end]:
            _count(cells, BACKWARD, items[place], person)


@inner
def _clear(cells: Int32s, item: int) -> None:
    for lane in range(cells.shape[0]):
        cells[lane, item, COUNT] = cells[lane, item, PERSONS] = 0
        cells[lane, item, LAST_PERSON] = UNKNOWN


@entry(
    "Tuple((int32[::1], int32[::1], int32[::1]))"
    "(int32[::1], int64[::1], int32[::1], int64[::1], int32[::1], int64[::1], UniTuple(int64, 3))",
    counts_references=True,
)
def count_pairs_of(
    items: Int32s,
    begins: Int64s,
    persons: Int32s,
    times: Int64s,
    rows: Int32s,
    starts: Int64s,
    limits: tuple[int, int, int],
) -> tuple[Int32s, Int32s, Int32s]:
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
    lanes = 1 if len(times) == 0 else 3
    cells = np.zeros((lanes, max(last, 1), CELL), np.int32)
    touched = np.empty(max(last, 1), np.int32)
    left, right, counts = np.empty(256, np.int32), np.empty(256, np.int32), np.empty(256, np.int32)
    for item in range(max(last, 1)):
        _clear(cells, item)
    used = ZERO
    for item in range(first, last):
        touched_count = 0
        for place in range(starts[item], starts[item + 1]):
            begin, person = begins[rows[place]], persons[rows[place]]
            end = begin
            while items[end] < item:
                other = items[end]
                if cells[TOGETHER, other, COUNT] == 0:
                    touched[touched_count] = other
                    touched_count += 1
                _count(cells, TOGETHER, other, person)
                end += 1
            if lanes > 1:
                _count_times(items, times, begin, end, person, cells)
        if used + touched_count > len(left):
            left = longer(left, used, used + touched_count)
            right = longer(right, used, used + touched_count)
        if 2 * lanes * (used + touched_count) > len(counts):
            wanted = 2 * lanes * (used + touched_count)
            counts = longer(counts, 2 * lanes * used, wanted)
        for place in range(touched_count):
            other = touched[place]
            if cells[TOGETHER, other, COUNT] >= min_count:
                left[used], right[used] = other, item
                for lane in range(lanes):
                    counts[2 * (lanes * used + lane)] = cells[lane, other, COUNT]
                    counts[2 * (lanes * used + lane) + 1] = cells[lane, other, PERSONS]
                used += 1
            _clear(cells, other)
    return left[:used], right[:used], counts[: 2 * lanes * used]


@entry(
    "Tuple((int32[::1], int32[::1], int32[::1]))"
    "(int32[::1], int64[::1], int32[::1], int64[::1], UniTuple(int64, 3))",
    counts_references=True,
)
def count_plain_pairs_of(
    items: Int32s, begins: Int64s, rows: Int32s, starts: Int64s, limits: tuple[int, int, int]
) -> tuple[Int32s, Int32s, Int32s]:
    """Count the same without a look at persons and times, which takes half as long.

    Returns:
        Left items, right items, and for each pair its number of rows.
    """
    first, last, min_count = limits
    cells = np.zeros(max(last, 1), np.int32)
    touched = np.empty(max(last, 1), np.int32)
    left, right, counts = np.empty(256, np.int32), np.empty(256, np.int32), np.empty(256, np.int32)
    used = ZERO
    for item in range(first, last):
        touched_count = 0
        for place in range(starts[item], starts[item + 1]):
            at = begins[rows[place]]
            while items[at] < item:
                other = items[at]
                if cells[other] == 0:
                    touched[touched_count] = other
                    touched_count += 1
                cells[other] += 1
                at += 1
        left, right, counts = all_longer((left, right, counts), used, used + touched_count)
        for place in range(touched_count):
            other = touched[place]
            if cells[other] >= min_count:
                left[used], right[used], counts[used] = other, item, cells[other]
                used += 1
            cells[other] = 0
    return left[:used], right[:used], counts[:used]
