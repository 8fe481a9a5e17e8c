"""What changed between two runs: rows gained, lost and moved, and how far lists still agree."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pipeline import names
from pipeline.engine import Value
from pipeline.errors import UsageError
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.names import Table

COMPARED = tuple(name for name in names.TABLES if name != "run_summary")
TOP = 10
"""Ranks of a list that count for the overlap unless told otherwise."""

# A confidence, and the bounds that it had before.
_INTERVALS = (
    ("confidence", "confidence_low", "confidence_high"),
    ("pct_of_buyers", "pct_of_buyers_low", "pct_of_buyers_high"),
)


@dataclass(frozen=True)
class TableChange:
    """How one table differs between two runs.

    Attributes:
        table: Its name.
        rows_before: Rows in the earlier run.
        rows_after: Rows in the later run.
        gained: Rows, by their stable id or key, that only the later run has.
        lost: Rows that only the earlier run has.
        moved: Rows of both with another rank; None without ranks.
        outside_interval: Rows of both whose confidence left the interval that it had; None
            where the table has no such interval.
        overlap: Mean over source items of the share of the best targets that both runs have, of
            the longer of both lists; None where the table has no lists.
        kept_source_share: Share of the earlier run's source items that still have a row.
    """

    table: str
    rows_before: int
    rows_after: int
    gained: int
    lost: int
    moved: int | None
    outside_interval: int | None
    overlap: float | None
    kept_source_share: float | None


@contextmanager
def comparison(before: Path, after: Path) -> Iterator["Comparison"]:
    """Give what compares the tables of two run folders.

    Args:
        before: Folder of the earlier run.
        after: Folder of the later run; staged tables will do.
    """
    engine = DuckDBEngine(readable=[before, after])
    try:
        yield Comparison(before, after, engine)
    finally:
        engine.close()


class Comparison:
    """Two folders of tables, and an engine that may read both; made by `comparison`."""

    def __init__(self, before: Path, after: Path, engine: DuckDBEngine) -> None:
        self._folders = before, after
        self._engine = engine

    @property
    def tables(self) -> list[str]:
        """Names of the tables that both runs have."""
        first, second = ({path.stem for path in one.glob("*.parquet")} for one in self._folders)
        return [name for name in COMPARED if name in first & second]

    def change(self, name: str, top: int = TOP) -> TableChange:
        """Return how a table differs."""
        table = names.TABLES[name]
        counts = self._run(_counts_sql(table), table)[0]
        overlap = kept = None
        if {"source_item_id", "rank"} <= {*table.column_names}:
            overlap, kept = self._lists(table, top)
        before, after, gained, lost, moved, outside = counts
        return TableChange(
            table=name,
            rows_before=before,
            rows_after=after,
            gained=gained,
            lost=lost,
            moved=moved,
            outside_interval=outside,
            overlap=overlap,
            kept_source_share=kept,
        )

    def changed_rows(self, name: str, limit: int) -> list[tuple[Any, ...]]:
        """Return rows gained, lost and moved: the change, the key, and both ranks.

        Args:
            name: A table that both runs have.
            limit: Number of rows, those of the best rank first.
        """
        table = names.TABLES[name]
        return self._run(f"{_changes_sql(table)} limit {limit:d}", table)

    def _lists(self, table: Table, top: int) -> tuple[float, float]:
        rows = self._run(_OVERLAPS, table, top=top)
        agreed = sum(Fraction(common, longer) * count for common, longer, _, _, count in rows)
        all_sources = sum(count for *_, count in rows)
        earlier = sum(count for _, _, was, _, count in rows if was)
        kept = sum(count for _, _, was, has, count in rows if was and has)
        return float(agreed / max(1, all_sources)), kept / max(1, earlier)

    def _run(self, sql: str, table: Table, **values: Value) -> list[tuple[Any, ...]]:
        before, after = (str(folder / f"{table.name}.parquet") for folder in self._folders)
        return self._engine.run(sql, {"before": before, "after": after, **values})


def check_table(name: str, comparing: Comparison) -> str:
    """Return the name of a table that both runs have.

    Raises:
        UsageError: They do not.
    """
    if name not in comparing.tables:
        message = f"no table {name!r} in both runs; they share {', '.join(comparing.tables)}"
        raise UsageError(message)
    return name


def row_key(table: Table) -> tuple[str, ...]:
    """Return the columns that tell rows apart from run to run."""
    return ("rule_id",) if "rule_id" in table.column_names else table.key


def _joined(table: Table) -> str:
    keys = row_key(table)
    same = " and ".join(f"earlier.{key} is not distinct from later.{key}" for key in keys)
    return (
        "from (select *, true as is_there from read_parquet($before)) as earlier "
        "full outer join (select *, true as is_there from read_parquet($after)) as later "
        f"on {same}"
    )


def _counts_sql(table: Table) -> str:
    both = "earlier.is_there and later.is_there"
    moved = f"count(*) filter ({both} and {_moved(table)})" if _has_rank(table) else "null"
    return (
        "select count(earlier.is_there), count(later.is_there), "
        "count(*) filter (earlier.is_there is null), count(*) filter (later.is_there is null), "
        f"{moved}, {_outside(table, both)} {_joined(table)}"
    )


def _outside(table: Table, both: str) -> str:
    for share, low, high in _INTERVALS:
        if {share, low, high} <= {*table.column_names}:
            left = f"later.{share} not between earlier.{low} and earlier.{high}"
            return f"count(*) filter ({both} and {left})"
    return "null"


def _has_rank(table: Table) -> bool:
    return "rank" in table.column_names


def _moved(table: Table) -> str:
    return "earlier.rank is distinct from later.rank" if _has_rank(table) else "false"


def _changes_sql(table: Table) -> str:
    keys = ", ".join(f"coalesce(later.{key}, earlier.{key})" for key in shown_key(table))
    ranks = "earlier.rank, later.rank" if _has_rank(table) else "null, null"
    best = "least(earlier.rank, later.rank)" if _has_rank(table) else "1"
    places = ", ".join(str(place + 1) for place in range(len(shown_key(table)) + 1))
    gone = "earlier.is_there is null or later.is_there is null"
    return (
        "select case when earlier.is_there is null then 'gained' "
        "when later.is_there is null then 'lost' else 'moved' end, "
        f"{keys}, {ranks} {_joined(table)} where {gone} or {_moved(table)} "
        f"order by {best} nulls last, {places}"
    )


def shown_key(table: Table) -> Sequence[str]:
    """Return the columns that name a row to a reader."""
    named = ("antecedent", "consequent", "source_item_id", "target_kind", "target_item_id")
    return [name for name in named if name in table.column_names] or table.key


_OVERLAPS = """
with marked as (
    select source_item_id, target_item_id, true as was, false as has
    from read_parquet($before)
    where rank <= $top
    union all
    select source_item_id, target_item_id, false as was, true as has
    from read_parquet($after)
    where rank <= $top
),

targets as (
    select source_item_id, target_item_id, bool_or(was) as was, bool_or(has) as has
    from marked
    group by all
),

lists as (
    select
        source_item_id,
        count(*) filter (was and has) as common,
        greatest(count(*) filter (was), count(*) filter (has)) as longer,
        bool_or(was) as was,
        bool_or(has) as has
    from targets
    group by source_item_id
)

select common, longer, was, has, count(*)
from lists
group by all
"""
