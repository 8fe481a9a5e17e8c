"""Run one compiled kernel over many parts with several threads, results in the order of parts."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


def thread_count(threads: int) -> int:
    """Return how many threads to start: 0 means one for each core that this process may use."""
    if threads:
        return threads
    # macOS has no affinity.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_threads(
    kernel: Callable[[Part], Result], parts: Iterable[Part], threads: int
) -> list[Result]:
    """Call a kernel that releases the interpreter for every part; a free thread takes the next.

    An interruption waits for the parts that are being worked on and starts no other.
    """
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(kernel, part) for part in parts]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
