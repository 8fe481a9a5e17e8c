"""Published tables for readers: which rows, in which order, and what is refused."""

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline import names
from pipeline.errors import StorageError, UsageError
from pipeline.io.csv_rows import write_csv
from pipeline.io.headlines import HEADLINES
from pipeline.io.manifest import describe_table, write_manifest
from pipeline.io.publish import publish, staging
from pipeline.io.show import PublishedTable, Selection, headline, open_table
from pipeline.io.write import arrow_schema, write_table
from tests.staged import manifest_of

BLANKS: dict[names.ColumnType, Any] = {
    "string": "",
    "list<string>": [],
    "int64": 0,
    "float64": 0.0,
    "boolean": False,
    "timestamp": 0,
}
RUN = "2011-12-10T000000Z-0aaaaaaa"

ROWS: dict[str, list[dict[str, Any]]] = {
    "item_stats": [
        {"item_id": "A", "name": "Apple", "order_count": 9, "price": 0.5},
        {"item_id": "B", "name": None, "order_count": 7, "price": None},
        {"item_id": "C", "name": "Cherry", "order_count": 8, "price": 1.25},
        {"item_id": "unsold-1", "name": "Quince", "order_count": 0},
    ],
    "also_bought": [
        {"source_item_id": "A", "target_item_id": "B", "rank": 1, "lift": 2.0, "lift_low": 1.5},
        {"source_item_id": "A", "target_item_id": "C", "rank": 2, "lift": 4.0, "lift_low": 1.1},
        {"source_item_id": "B", "target_item_id": "A", "rank": 1, "lift": 2.0, "lift_low": 1.2},
    ],
    "association_rules": [
        {"rule_id": "r1", "rank": 1, "antecedent": ["A", "B"], "consequent": ["C"]},
        {"rule_id": "r2", "rank": 2, "antecedent": ["B"], "consequent": ["A"], "conviction": None},
    ],
    "rfm_segments": [{"customer_id": "ann", "segment": "champions", "last_order_at": 1}],
    "also_viewed": [{"source_item_id": "A", "target_item_id": "B", "is_after_only": True}],
    "also_bought_category": [
        {"source_item_id": "Tea > Green", "target_item_id": "Cups", "rank": 1, "lift": 2.0},
    ],
    "quarantine": [],
}


def table_rows(table: names.Table) -> pa.RecordBatch:
    rows = [
        {column.name: row.get(column.name, BLANKS[column.type]) for column in table.columns}
        for row in ROWS[table.name]
    ]
    return pa.RecordBatch.from_pylist(rows, arrow_schema(table))


def publish_run(output: Path, run_id: str, tables: list[str]) -> Path:
    with staging(output, run_id) as staged:
        entries = []
        for name in tables:
            table, path = names.TABLES[name], staged / f"{name}.parquet"
            count = write_table(table, iter([table_rows(table)]), path)
            entries.append(describe_table(table, path, count))
        write_manifest(manifest_of(run_id, tuple(entries)), staged)
        return publish(staged, output).folder


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shown")
    publish_run(folder, "2010-12-10T000000Z-0bbbbbbb", ["also_bought"])
    publish_run(folder, RUN, [name for name in ROWS if name != "also_viewed"])
    return folder


@pytest.fixture
def also_bought(output: Path) -> Iterator[PublishedTable]:
    with open_table(output, "also_bought") as table:
        yield table


def pairs(table: PublishedTable, selection: Selection) -> list[str]:
    return [f"{row['source_item_id']}{row['target_item_id']}" for row in table.rows(selection)]


def refusal(table: PublishedTable, selection: Selection) -> str:
    with pytest.raises(UsageError) as caught:
        table.rows(selection)
    return str(caught.value)


def test_the_best_rows_come_first(also_bought: PublishedTable) -> None:
    assert ["AB", "BA", "AC"] == pairs(also_bought, Selection())
    assert ["AB", "BA"] == pairs(also_bought, Selection(top=2))


def test_rows_can_be_sorted_by_a_column_either_way(also_bought: PublishedTable) -> None:
    assert ["AC", "AB", "BA"] == pairs(also_bought, Selection(sort="lift:desc"))
    assert ["AB", "BA", "AC"] == pairs(also_bought, Selection(sort="lift:asc"))
    assert ["AB", "BA", "AC"] == pairs(also_bought, Selection(sort="lift"))


def test_null_sorts_last_either_way(output: Path) -> None:
    with open_table(output, "item_stats") as table:
        for sort in ("price", "price:desc"):
            assert table.rows(Selection(sort=sort))[-1]["item_id"] == "B"


def test_an_item_is_found_on_either_side(also_bought: PublishedTable) -> None:
    assert ["AB", "BA"] == pairs(also_bought, Selection(item="B"))
    assert (also_bought.count("B"), also_bought.count()) == (2, 3)


def test_an_item_is_found_in_lists_and_a_customer_by_its_id(output: Path) -> None:
    found = {}
    for name, item in (("association_rules", "C"), ("rfm_segments", "ann"), ("item_stats", "A")):
        with open_table(output, name) as table:
            found[name] = table.count(item)

    assert found == {"association_rules": 1, "rfm_segments": 1, "item_stats": 1}


def test_an_item_that_the_run_knows_may_have_no_rows(also_bought: PublishedTable) -> None:
    assert [] == also_bought.rows(Selection(item="unsold-1"))


def test_an_unknown_item_is_answered_with_those_spelled_like_it(
    output: Path, also_bought: PublishedTable
) -> None:
    assert refusal(also_bought, Selection(item="Unsold1")) == (
        "no item 'Unsold1' in item_stats; spelled most like it: unsold-1, A, B"
    )
    with open_table(output, "rfm_segments") as table:
        assert refusal(table, Selection(item="anna")) == (
            "no customer 'anna' in rfm_segments; spelled most like it: ann"
        )


def test_a_table_without_items_cannot_be_asked_for_one(output: Path) -> None:
    with open_table(output, "quarantine") as table:
        assert refusal(table, Selection(item="A")).startswith(
            "quarantine has no items to choose by; tables that have: frequent_itemsets, assoc"
        )


def test_unknown_names_are_answered_with_the_nearest(
    output: Path, also_bought: PublishedTable
) -> None:
    assert "did you mean lift_low?" in refusal(also_bought, Selection(sort="lft_low"))
    assert "did you mean rank?" in refusal(also_bought, Selection(columns=("rnk",)))
    assert "write lift, lift:asc or lift:desc" in refusal(also_bought, Selection(sort="lift:up"))
    with pytest.raises(UsageError, match="no table 'also_baught'; did you mean also_bought"):
        open_table(output, "also_baught").__enter__()
    with pytest.raises(UsageError, match="known are frequent_itemsets, association_rules"):
        open_table(output, "xyz").__enter__()


def test_a_run_without_the_table_says_why(output: Path) -> None:
    with pytest.raises(UsageError, match="has no also_viewed: there is no browse log; it has item"):
        open_table(output, "also_viewed").__enter__()
    with pytest.raises(UsageError, match="was not asked for item_stats; it has also_bought"):
        open_table(output, "item_stats", "2010-12-10T000000Z-0bbbbbbb").__enter__()


def test_a_damaged_run_is_not_read(tmp_path: Path) -> None:
    folder = publish_run(tmp_path, RUN, ["also_bought"])
    (folder / "also_bought.parquet").unlink()

    with open_table(tmp_path, "also_bought") as table, pytest.raises(StorageError):
        table.rows(Selection())


def test_a_reader_stays_in_its_run(tmp_path: Path) -> None:
    publish_run(tmp_path, "2010-12-10T000000Z-0bbbbbbb", ["also_bought", "item_stats"])
    with open_table(tmp_path, "also_bought") as table:
        publish_run(tmp_path, RUN, ["item_stats"])

        assert len(table.rows(Selection())) == 3


def test_names_stand_beside_ids_where_the_catalogue_has_them(output: Path) -> None:
    with open_table(output, "association_rules") as table:
        rows = table.with_names(
            table.rows(Selection(top=1, columns=("rule_id", "antecedent", "consequent")))
        )

    assert rows == [{"rule_id": "r1", "antecedent": ["A Apple", "B"], "consequent": ["C Cherry"]}]


def test_without_item_stats_ids_stand_alone(output: Path) -> None:
    with open_table(output, "also_bought", "2010-12-10T000000Z-0bbbbbbb") as table:
        rows = table.rows(Selection(top=1, columns=("source_item_id",)))

        assert [{"source_item_id": "A"}] == rows == table.with_names(rows)
        assert [] == table.rows(Selection(item="whatever"))


def test_categories_are_chosen_by_their_own_names(output: Path) -> None:
    with open_table(output, "also_bought_category") as table:
        assert 1 == len(table.rows(Selection(item="Tea > Green")))
        assert 1 == len(table.rows(Selection(item="Cups")))
        assert refusal(table, Selection(item="Tea")) == (
            "no item 'Tea' in also_bought_category; spelled most like it: Tea > Green"
        )


def test_quotes_in_an_item_id_are_part_of_it(also_bought: PublishedTable) -> None:
    assert "no item" in refusal(also_bought, Selection(item="' or true --"))


def test_csv_has_every_column_and_digit_in_one_spelling(output: Path) -> None:
    columns = ("rule_id", "antecedent", "rank", "conviction", "window_start")
    with open_table(output, "association_rules") as table, closing(io.StringIO()) as stream:
        count = write_csv(table, Selection(columns=columns), stream)
        text = stream.getvalue()
        write_csv(table, Selection(), stream)
        header = stream.getvalue().removeprefix(text).splitlines()[0]

    assert count == 2
    assert header == ",".join(names.ASSOCIATION_RULES.column_names)
    assert text.splitlines() == [
        "rule_id,antecedent,rank,conviction,window_start",
        'r1,"[""A"", ""B""]",1,0.0,1970-01-01T00:00:00Z',
        'r2,"[""B""]",2,,1970-01-01T00:00:00Z',
    ]


def test_csv_of_no_rows_is_its_header(also_bought: PublishedTable) -> None:
    stream = io.StringIO()
    selection = Selection(item="unsold-1", columns=("rank", "lift"))

    assert write_csv(also_bought, selection, stream) == 0
    assert stream.getvalue() == "rank,lift\n"


def test_truth_values_are_words_in_csv(tmp_path: Path) -> None:
    publish_run(tmp_path, RUN, ["also_viewed"])
    stream = io.StringIO()

    with open_table(tmp_path, "also_viewed") as published:
        write_csv(published, Selection(columns=("is_after_only",)), stream)

    assert stream.getvalue() == "is_after_only\ntrue\n"


def test_every_table_has_a_headline_of_its_columns() -> None:
    assert list(names.TABLES) == list(HEADLINES)
    for name, columns in HEADLINES.items():
        assert set(columns) <= set(names.TABLES[name].column_names)


def test_the_column_to_sort_by_is_shown() -> None:
    assert headline(names.ITEM_STATS, "stock:desc") == (*HEADLINES["item_stats"], "stock")
    assert headline(names.ITEM_STATS, "price") == HEADLINES["item_stats"]
