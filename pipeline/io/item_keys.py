"""Item ids that are texts get a number each, the same in every source.

A column of a Parquet file holds each text once, in a dictionary. Joined as it stands there, before
anything is done to it, an id costs a tenth of what the text of every row costs.
"""

from collections.abc import Sequence

from pipeline.config.source_options import Source
from pipeline.io.contract import CODE_TYPE, ITEM_NUMBER
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.shape import TEXT, FileGroup
from pipeline.io.sql_text import identifier

KEYS = "item_id_keys"
"""One row per item id that is a text: item_id VARCHAR, code INTEGER."""

_WRITTEN = "written_item_ids"


def create_keys(engine: DuckDBEngine) -> None:
    """Build the empty list of keys, where there is none yet."""
    engine.run(f"create table if not exists {KEYS} (item_id varchar, code {CODE_TYPE})")


def add_keys(engine: DuckDBEngine, table: str) -> None:
    """Give the texts in the column `item_id` of a table numbers, new texts in their order."""
    engine.run(
        f"insert into {KEYS} select item_id, row_number() over (order by item_id) - 1 "
        f"+ (select count(*) from {KEYS}) from (select item_id from {table} "
        f"where item_id is not null group by item_id) anti join {KEYS} using (item_id)"
    )


def text_column(groups: Sequence[FileGroup], options: Source) -> str | None:
    """Return the column of item ids, where every file is Parquet and has it as one text."""
    column = options.columns.get("item_id")
    looked_up = {name for lookup in options.lookups for name in lookup.columns}
    if not isinstance(column, str) or column in looked_up or "item_id" in options.integer_ids:
        return None
    is_text = all(
        group.format == "parquet"
        and column not in group.shape.partitions
        and group.shape.types[column] == TEXT
        for group in groups
    )
    return column if is_text else None


def list_written(engine: DuckDBEngine, scan: str, column: str) -> None:
    """List the item ids of files as they are written there, and give them numbers."""
    create_keys(engine)
    name = identifier(column)
    engine.run(
        f"create or replace table {_WRITTEN} as select written, "
        f"nullif(trim(written), '') as item_id from (select {name} as written from {scan} "
        f"where {name} is not null group by {name})"
    )
    add_keys(engine, _WRITTEN)


def with_numbers(relation: str, column: str) -> str:
    """Return a relation with the number of each item beside it, of ids that `list_written` knows.

    Args:
        relation: Rows of files.
        column: Their item ids, as they are written.
    """
    return (
        f"(select given.*, numbers.code as {ITEM_NUMBER} from {relation} as given left join "
        f"(select written, code from {_WRITTEN} join {KEYS} using (item_id)) as numbers "
        f"on given.{column} = numbers.written)"
    )
