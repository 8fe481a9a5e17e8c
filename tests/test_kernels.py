"""Compiled miners: odd baskets, the independent miner, threads, and where compiled code is kept."""

import _thread
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.mining import kernel_miner
from pipeline.mining import threads as threads_module
from pipeline.mining.itemsets import Algorithm, Itemsets, TooManyItemsetsError, mine_itemsets
from pipeline.mining.threads import in_threads, parts_of_items, thread_count
from tests import reference
from tests.datasets import baskets_of_rows, read_fimi

ANY_SIZE = 10**6
both = pytest.mark.parametrize("algorithm", ["fpgrowth", "apriori"])


def columns(itemsets: Itemsets) -> tuple[list[int], list[int], list[int]]:
    """Return the arrays of itemsets as lists."""
    return itemsets.items.tolist(), itemsets.offsets.tolist(), itemsets.counts.tolist()


def by_oracle(rows: list[set[int]], min_count: int, max_size: int) -> dict[tuple[str, ...], int]:
    """Mine by plain Python; items become names of equal length, which sort like numbers."""
    named = [{f"{item:06}" for item in row} for row in rows]
    return reference.itemsets(named, min_count, max_size)


def by_kernel(
    rows: list[set[int]], min_count: int, max_size: int, algorithm: Algorithm
) -> dict[tuple[str, ...], int]:
    """Mine by a kernel."""
    baskets = baskets_of_rows([sorted(row) for row in rows])
    found = mine_itemsets(baskets, min_count, max_size, algorithm)
    ends = found.offsets[1:-1]
    names = [
        tuple(f"{item:06}" for item in items) for items in np.split(found.items, ends) if len(items)
    ]
    assert len(names) == len(set(names))
    return dict(zip(names, found.counts.tolist(), strict=True))


def wide_baskets() -> st.SearchStrategy[list[set[int]]]:
    """Draw baskets over few or many items, some equal, with gaps between the codes."""
    codes = st.sampled_from([0, 1, 2, 3, 5, 8, 13, 700, 701, 702, 9_999, 65_536])
    baskets = st.lists(st.sets(codes, min_size=1), max_size=14)
    return st.tuples(baskets, st.integers(1, 4)).map(lambda drawn: drawn[0] * drawn[1])


@both
@given(rows=wide_baskets(), min_count=st.integers(1, 9), max_size=st.integers(1, 13))
def test_kernels_find_what_the_oracle_finds(
    algorithm: Algorithm, rows: list[set[int]], min_count: int, max_size: int
) -> None:
    expected = by_oracle(rows, min_count, max_size)
    assert expected == by_kernel(rows, min_count, max_size, algorithm)


@both
@given(
    rows=st.lists(st.sets(st.integers(0, 40), min_size=1, max_size=30), min_size=30, max_size=80),
    min_count=st.integers(8, 40),
    threads=st.integers(1, 3),
)
def test_kernels_and_mlxtend_give_the_same_arrays(
    algorithm: Algorithm, rows: list[set[int]], min_count: int, threads: int
) -> None:
    baskets = baskets_of_rows([sorted(row) for row in rows])
    expected = mine_itemsets(baskets, min_count, 5, "fpgrowth", miner="mlxtend")
    actual = mine_itemsets(baskets, min_count, 5, algorithm, threads=threads)
    assert columns(expected) == columns(actual)


@both
@given(
    groups=st.lists(
        st.tuples(st.sets(st.integers(0, 8), min_size=1), st.sampled_from([1, 2, 65, 300])),
        max_size=12,
    ),
    min_count=st.integers(1, 70),
)
def test_itemsets_of_few_among_many_baskets_are_found(
    algorithm: Algorithm, groups: list[tuple[set[int], int]], min_count: int
) -> None:
    counts: Counter[tuple[str, ...]] = Counter()
    for items, repeats in groups:
        names = sorted(f"{item:06}" for item in items)
        for size in range(1, len(names) + 1):
            counts.update(dict.fromkeys(combinations(names, size), repeats))
    expected = {itemset: count for itemset, count in counts.items() if count >= min_count}
    rows = [items for items, repeats in groups for _ in range(repeats)]
    assert expected == by_kernel(rows, min_count, ANY_SIZE, algorithm)


@both
def test_equal_baskets_hold_every_subset(algorithm: Algorithm) -> None:
    found = by_kernel([set(range(12))] * 5, 5, ANY_SIZE, algorithm)
    assert len(found) == 2**12 - 1
    assert set(found.values()) == {5}


@both
def test_a_basket_of_600_items_is_mined_like_any_other(algorithm: Algorithm) -> None:
    rows = [set(range(600)), {1, 2, 599}, {1, 2, 599}, {1, 599}]
    found = by_kernel(rows, 3, ANY_SIZE, algorithm)
    assert found == {
        ("000001",): 4, ("000002",): 3, ("000599",): 4,
        ("000001", "000002"): 3, ("000001", "000599"): 4, ("000002", "000599"): 3,
        ("000001", "000002", "000599"): 3,
    }  # fmt: skip


@both
@pytest.mark.parametrize("max_size", [1, 2, 3])
def test_itemsets_of_one_basket_stop_at_the_size_asked(algorithm: Algorithm, max_size: int) -> None:
    found = mine_itemsets(baskets_of_rows([range(60)]), 1, max_size, algorithm)
    expected = {1: [60], 2: [60, 1_770], 3: [60, 1_770, 34_220]}[max_size]
    assert expected == np.bincount(found.sizes)[1:].tolist()


@both
@pytest.mark.parametrize("min_count", [1, 3])
def test_support_of_one_and_of_all_baskets(algorithm: Algorithm, min_count: int) -> None:
    rows = [{1, 2, 3}, {1, 2}, {1, 4}]
    expected = by_oracle(rows, min_count, ANY_SIZE)
    assert expected == by_kernel(rows, min_count, ANY_SIZE, algorithm)


def test_slots_hold_the_baskets_of_two_frequent_items_or_more() -> None:
    rows, codes = kernel_miner.arrange(baskets_of_rows([[7, 9], [9], [5, 7, 9], [7, 8, 9]]), 2)
    assert codes.tolist() == [9, 7]
    assert np.maximum(rows.slots, -1).tolist() == [-1, 0, 1] * 3  # a row begins below 0
    assert rows.places.tolist() == [1, 4, 7, 2, 5, 8]  # so there are 9 - 6 rows
    assert rows.starts.tolist() == [0, 3, 6]


@pytest.mark.parametrize("size", [62, 64, 600])
def test_apriori_gives_up_where_itemsets_are_too_many_to_count(size: int) -> None:
    with pytest.raises(TooManyItemsetsError):
        mine_itemsets(baskets_of_rows([range(size)] * 2), 2, ANY_SIZE, "apriori")


def test_apriori_counts_in_blocks_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{0, 1, 2}, {0, 1, 2, 3}, {1, 2, 3}, {0, 2}] * 100
    expected = by_oracle(rows, 50, ANY_SIZE)
    monkeypatch.setattr(kernel_miner, "BLOCK_BYTES", 4 * 8 * 2)  # 128 of the 400 rows
    assert expected == by_kernel(rows, 50, ANY_SIZE, "apriori")


@pytest.mark.deep
@both
@pytest.mark.parametrize(
    ("name", "min_count", "expected"),
    [
        ("mushroom", 1_625, 53_583),
        ("chess", 2_557, 8_227),
        ("retail", 89, 7_589),
        ("T10I4D100K", 100, 27_532),
    ],
)
def test_kernels_find_as_many_as_other_miners(
    *, shared_data: Path, algorithm: Algorithm, name: str, min_count: int, expected: int
) -> None:
    baskets = read_fimi(shared_data, name)
    one = mine_itemsets(baskets, min_count, ANY_SIZE, algorithm)
    two = mine_itemsets(baskets, min_count, ANY_SIZE, algorithm, threads=2)
    assert len(one.counts) == expected
    assert columns(one) == columns(two)


FAR = 3_000_000_000


def far_array(folder: Path, values: list[int]) -> Any:
    """Return an array of which the values are the end, behind three billion that nothing reads."""
    path = folder / "values"
    with path.open("wb") as file:
        file.truncate(4 * (FAR + len(values)))  # a hole: takes no room on the disk
    array = np.memmap(path, dtype=np.int32, mode="r+")
    array[FAR:] = values
    return np.asarray(array)


def test_slots_beyond_31_bits_are_mined(tmp_path: Path) -> None:
    from pipeline.mining.kernels.apriori import mine_levels
    from pipeline.mining.kernels.fpgrowth import mine_items

    slots = far_array(tmp_path, [-1, 0, 1, 2] * 3)
    places = np.array(
        [FAR + 4 * row + 1 + item for item in range(3) for row in range(3)], np.uint32
    )
    starts, counts = np.array([0, 3, 6, 9]), np.array([FAR, FAR + 1, FAR + 2])
    room = np.empty(0, np.uint8), np.empty(0, np.int32), np.empty(0, np.uint32)
    rows = (slots, places, starts, counts)
    sizes, items, grown, found = mine_items(rows, (0, 3, 3, 3, 99), room)
    assert sizes.tolist() == [1, 1, 2, 1, 2, 2, 3]
    assert items.tolist() == [0, 1, 0, 2, 0, 1, 0]
    assert grown.tolist() == [FAR, FAR + 1, 3, FAR + 2, 3, 3, 3]
    assert found == 7
    _, _, levelled, _ = mine_levels(slots, places, starts, counts, (3, 2, 99, 3, 1))
    assert levelled.tolist() == [FAR, FAR + 1, 3, FAR + 2, 3, 3]


def test_offsets_beyond_32_bits_hold_pairs(tmp_path: Path) -> None:
    from pipeline.mining.kernels.pairs import count_pairs_of

    items, begins = far_array(tmp_path, [0, 1, 2] * 3), np.arange(FAR, FAR + 10, 3)
    rows, starts = np.array([0, 1, 2] * 3, np.int32), np.array([0, 3, 6, 9])
    persons, no_times = np.array([0, 0, 1], np.int32), np.zeros(0, np.int64)
    left, right, counts = count_pairs_of(items, begins, persons, no_times, rows, starts, (0, 3, 1))
    assert [(0, 1), (0, 2), (1, 2)] == list(zip(left.tolist(), right.tolist(), strict=True))
    assert counts.tolist() == [3, 2, 3, 2, 3, 2]


def test_an_interrupted_mine_leaves_no_thread_behind() -> None:
    before = threading.active_count()

    def interrupted(part: int) -> int:
        if part == 0:
            raise KeyboardInterrupt
        return part

    with pytest.raises(KeyboardInterrupt):
        in_threads(interrupted, range(100), 2)
    assert before == threading.active_count()


def test_a_mine_that_the_user_interrupts_starts_no_other_part() -> None:
    before, started = threading.active_count(), []

    def interrupting(part: int) -> None:
        started.append(part)
        if part == 1:
            _thread.interrupt_main()  # what ctrl-C does
        time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt):
        in_threads(interrupting, range(1000), 2)
    assert len(started) < 1000
    # A thread that was being started when the signal came ends without being waited for.
    while threading.active_count() > before:
        time.sleep(0.01)


def resident_bytes() -> int:
    """Return what of this process is in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
@both
def test_memory_is_given_back(algorithm: Algorithm) -> None:
    rows, _ = kernel_miner.arrange(baskets_of_rows([range(20)] * 2), 1)
    limits = kernel_miner.Limits(1, ANY_SIZE)
    kernel_miner.mine_nodes(rows, limits, algorithm, 1)  # the allocator keeps a reserve
    before = resident_bytes()
    for _ in range(8):
        found = kernel_miner.mine_nodes(rows, limits, algorithm, 1)
        assert sum(len(counts) for _, _, counts in found) == 2**20 - 1
        del found
    assert resident_bytes() - before < 2 * 9 * 2**20  # of eight times 9 bytes an itemset


@given(
    rows=st.lists(st.sets(st.integers(0, 11), min_size=1), max_size=40), threads=st.integers(1, 4)
)
def test_the_number_of_threads_changes_nothing(rows: list[set[int]], threads: int) -> None:
    baskets = baskets_of_rows([sorted(row) for row in rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads_module, "PLACES_PER_PART", 1)
        found = mine_itemsets(baskets, 1, ANY_SIZE, "fpgrowth", threads=threads)
    assert columns(mine_itemsets(baskets, 1, ANY_SIZE, "fpgrowth")) == columns(found)


@both
@pytest.mark.parametrize("most", [1, 7, 1000, 2**16 - 2])
def test_a_search_that_finds_more_than_it_may_gives_up(algorithm: Algorithm, most: int) -> None:
    with pytest.raises(TooManyItemsetsError):
        mine_itemsets(baskets_of_rows([range(16)] * 3), 3, ANY_SIZE, algorithm, most=most)
    found = mine_itemsets(baskets_of_rows([range(16)] * 3), 3, ANY_SIZE, algorithm, most=2**16 - 1)
    assert len(found.counts) == 2**16 - 1


def test_few_occurrences_are_one_part_whatever_the_threads() -> None:
    assert parts_of_items(np.array([0, 50, 90]), 8) == [(0, 2)]


def test_parts_cover_every_item_once() -> None:
    starts = np.array([0, 50, 90, 95, 96, 96, 97]) * 1000
    parts = parts_of_items(starts, 2)
    assert len(parts) > 1
    assert [item for first, last in parts for item in range(first, last)] == [0, 1, 2, 3, 4, 5]


def test_zero_threads_means_every_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads_module, "core_count", lambda: 5)
    assert (thread_count(0), thread_count(3)) == (5, 3)


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new process with its own environment."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )


def test_compiled_code_is_kept_in_the_folder_of_the_user(tmp_path: Path) -> None:
    code = "import pipeline.mining.kernels.vertical"
    done = run_python(code, XDG_CACHE_HOME=str(tmp_path), NUMBA_CACHE_DIR="")
    assert done.stderr == ""
    assert len(list(tmp_path.glob("basket-pipeline/kernels/*/**/*.nbc"))) == 1


def test_compiled_code_that_cannot_be_kept_is_said_once(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    code = (
        "from pathlib import Path\n"
        "from pipeline.mining.kernels.compiled import choose_folder\n"
        f"folder = choose_folder([Path({str(blocked)!r}) / 'a'])\n"
        "print(folder.exists(), folder)"
    )
    done = run_python(code, NUMBA_CACHE_DIR=str(tmp_path / "other"))
    exists, folder = done.stdout.split()
    assert exists == "True"
    assert not Path(folder).exists()
    assert done.stderr.count("the compiled kernels cannot be kept") == 1


@pytest.mark.deep
def test_no_function_is_compiled_once_more_for_a_number_that_is_spelled(tmp_path: Path) -> None:
    code = (
        "from numba.core import event\n"
        "seen = []\n"
        "class Listener(event.Listener):\n"
        "    def on_start(self, at): pass\n"
        "    def on_end(self, at):\n"
        "        function = at.data['dispatcher'].py_func\n"
        "        seen.append((function.__module__, function.__name__, str(at.data['args'])))\n"
        "event.register('numba:compile', Listener())\n"
        "from pipeline.mining.kernels import __main__\n"
        "__main__.main()\n"
        "ours = [row for row in seen if row[0].startswith('pipeline.')]\n"
        "print(len(ours) > 100, *(row[1] for row in ours if 'Literal' in row[2]))\n"
    )
    found = run_python(code, NUMBA_CACHE_DIR=str(tmp_path)).stdout.splitlines()[-1].split()
    assert found == ["True"]


@pytest.mark.parametrize("change", ["", "del types.BaseFunction"])
def test_the_compiler_is_as_it_was_after_a_kernel(change: str, tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(
        "import numpy as np\n"
        "from numba import njit, types\n"
        "from numba.core.types.functions import BaseFunction\n"
        f"{change}\n"
        "from pipeline.mining.kernels.compiled import entry\n"
        "before = BaseFunction.get_call_type\n"
        "try:\n"
        "    entry('int64(int64[::1])')(lambda values: values.nothing)\n"
        "except Exception as error:\n"
        "    print(type(error).__name__)\n"
        "added = entry('int64(int64[::1])')(lambda values: values[0] + values[1])\n"
        "print(before is BaseFunction.get_call_type, added(np.array([3, 4])))\n"
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import probe"
    printed = run_python(code, NUMBA_CACHE_DIR=str(tmp_path / "cache")).stdout.split()
    assert printed == ["TypingError", "True", "7"]


def test_numba_is_imported_only_when_mining_starts() -> None:
    code = "import sys, pipeline.run, pipeline.cli; print('numba' in sys.modules)"
    assert run_python(code).stdout.strip() == "False"
