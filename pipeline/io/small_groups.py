"""Leave out of a table what it would say about too few people."""

from collections.abc import Mapping
from typing import Any

from pipeline import names
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.names.schema import is_people_count


def leave_out_small_groups(engine: DuckDBEngine, table: names.Table, least: int) -> int:
    """Change a table so that none of its counts is about fewer people; return how many rows did.

    A row with a count from 1 to below `least` goes, and ranks close up; in a table of facts
    that are not about people the row stays and such counts are NULL. An unknown count stays
    unknown. What follows from the difference of two rows is not looked for.

    Args:
        engine: Holds the table.
        table: Its definition, which tells the counts of people.
        least: Smallest number of people; 1 changes nothing.
    """
    if least <= 1 or not table.people_counts:
        return 0
    engine.hold(table.name)
    conditions = {
        count: f"coalesce({_people(table, count)} and {count} > 0 and {count} < {least}, false)"
        for count in table.people_counts
    }
    is_small = " or ".join(conditions.values())
    rows = int(engine.run(f"select count(*) from {table.name} where {is_small}")[0][0])
    if not rows:
        return 0
    if table.hides_small_groups:
        changes = [
            f"case when not {condition} then {count} end as {count}"
            for count, condition in conditions.items()
        ]
        select = f"select * replace ({', '.join(changes)}) from {table.name}"
    else:
        select = f"select *{_ranks(table)} from {table.name} where not ({is_small})"
    engine.run(f"create or replace table {table.name} as {select}")
    return rows


def without_few(figures: Mapping[str, Any], least: int) -> dict[str, Any]:
    """Return figures of a stage without those that count fewer people than `least`."""
    return {
        name: value
        for name, value in figures.items()
        if not (is_people_count(name) and isinstance(value, int) and 0 < value < least)
    }


def _people(table: names.Table, count: str) -> str:
    """Return the condition under which a count is about people: baskets may be customers."""
    return "grain = 'customer'" if count in table.basket_counts else "true"


def _ranks(table: names.Table) -> str:
    if "rank" not in table.column_names:
        return ""
    group = "partition by source_item_id " if "source_item_id" in table.column_names else ""
    place = f"row_number() over ({group}order by rank asc nulls last)"
    return f" replace (case when rank is not null then {place} end as rank)"
