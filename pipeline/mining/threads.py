"""Run one compiled kernel over many parts with several threads, results in the order of parts."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

import numpy as np

from pipeline.mining.baskets import Int64s

Part = TypeVar("Part")
Result = TypeVar("Result")
PARTS_PER_THREAD = 32
PLACES_PER_PART = 32_768
"""Fewer occurrences than that are mined before another thread has found its arrays."""


def thread_count(threads: int) -> int:
    """Return how many threads to start: 0 means one for each core that this process may use."""
    return threads or core_count()


def core_count() -> int:
    """Return how many cores this process may use; macOS does not say, so there it is all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(
    kernel: Callable[[Part], Result], parts: Iterable[Part], threads: int
) -> list[Result]:
    """Call a kernel that releases the interpreter for every part; a free thread takes the next.

    An interruption waits for the parts that are being worked on and starts no other.
    """
    with ThreadPoolExecutor(threads) as pool:
        try:
            futures = [pool.submit(kernel, part) for part in parts]
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)


def parts_of_items(starts: Int64s, threads: int) -> list[tuple[int, int]]:
    """Cut items into ranges of about the same number of occurrences, one for a single thread.

    Args:
        starts: Start of each item's occurrences, and the end of the last.
        threads: Number of threads; each takes many ranges, so that all end together.
    """
    item_count = len(starts) - 1
    part_count = min(threads * PARTS_PER_THREAD, int(starts[-1]) // PLACES_PER_PART)
    if threads == 1 or part_count <= 1:
        return [(0, item_count)]
    wanted = np.linspace(0, starts[-1], part_count + 1)
    cuts = np.unique([0, *np.searchsorted(starts[:-1], wanted[1:-1]), item_count])
    return list(pairwise(cuts.tolist())) or [(0, 0)]
