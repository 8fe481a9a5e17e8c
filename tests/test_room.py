"""Where memory is bounded, the database leaves more of it while large arrays are held."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.freed_memory import return_freed_memory

ROWS = "select i, hash(i) as h from range(9000000) as r(i)"
SUM = "select count(*), sum(h % 1000) from wide_rows"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    """An engine with 200 MB."""
    with closing(DuckDBEngine(1, "200MB", tmp_path)) as made:
        made.create_table("wide_rows", ROWS, {})
        yield made


def limit_of(engine: DuckDBEngine) -> str:
    [(limit,)] = engine.run("select current_setting('memory_limit')")
    return str(limit)


def used_by(engine: DuckDBEngine) -> int:
    [(used,)] = engine.run("select sum(memory_usage_bytes) from duckdb_memory()")
    return int(used)


def test_arrays_get_what_the_database_gives_up(engine: DuckDBEngine) -> None:
    before, held = limit_of(engine), engine.run(SUM)
    with engine.room(150_000_000):
        assert "95.3 MiB" == limit_of(engine)
        assert used_by(engine) <= 100_000_000
        assert held == engine.run(SUM)
    assert before == limit_of(engine)
    assert held == engine.run(SUM)


@pytest.mark.parametrize(("size", "left"), [(0, "190.7 MiB"), (10**12, "95.3 MiB")])
def test_the_database_keeps_what_it_needs_to_work(
    engine: DuckDBEngine, size: int, left: str
) -> None:
    with engine.room(size):
        assert left == limit_of(engine)


def test_a_failure_inside_gives_the_share_back(engine: DuckDBEngine) -> None:
    before = limit_of(engine)
    with pytest.raises(ZeroDivisionError), engine.room(10**8):
        raise ZeroDivisionError
    assert before == limit_of(engine)


def test_what_cannot_be_spilled_stays_where_it_is() -> None:
    with closing(DuckDBEngine(1, "200MB")) as engine:
        engine.create_table("wide_rows", ROWS, {})
        before = limit_of(engine)
        with engine.room(10**9):
            assert before == limit_of(engine)
            assert [(9_000_000,)] == engine.run("select count(*) from wide_rows")
        assert before == limit_of(engine)


def test_little_memory_is_not_cut_further(tmp_path: Path) -> None:
    with closing(DuckDBEngine(1, "40MB", tmp_path)) as engine:
        before = limit_of(engine)
        with engine.room(10**9):
            assert before == limit_of(engine)


def test_unbounded_memory_is_left_alone() -> None:
    with closing(DuckDBEngine(1)) as engine:
        before = limit_of(engine)
        with engine.room(10**12):
            assert before == limit_of(engine)


def test_a_library_that_cannot_give_memory_back_is_no_error() -> None:
    assert return_freed_memory() in {True, False}
