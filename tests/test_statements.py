"""Steps of a run as SQL that can be pasted."""

import duckdb
import pytest

from pipeline.engine import Step
from pipeline.errors import UsageError
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.statements import literal, pasted, statements

STEPS = (
    Step("baskets", "-- one row\nselect $count as n, $name as name\n", {"count": 3, "name": "a'b"},
         1, 1),
    Step("pairs", "select n from baskets where n % $slices = $slice", {}, 4, 9),
    Step("baskets", "select 1 as n", {}, 1, 1),
)  # fmt: skip


def test_a_statement_stands_under_its_row_count_and_values_with_the_values_in_place() -> None:
    assert statements(STEPS, "baskets") == (
        "-- baskets: step 1 of 3, 1 rows\n"
        "-- $count = 3\n"
        "-- $name = 'a''b'\n"
        "-- one row\n"
        "select 3 as n, 'a''b' as name;\n"
        "\n"
        "-- baskets: step 3 of 3, 1 rows\n"
        "select 1 as n;"
    )


def test_of_a_step_in_slices_the_first_slice_is_shown() -> None:
    assert statements(STEPS, "pairs") == (
        "-- pairs: step 2 of 3, 9 rows\n"
        "-- ran in 4 slices; this is $slice = 0\n"
        "select n from baskets where n % 4 = 0;"
    )


def test_an_unknown_step_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        UsageError, match="no step of this run built 'basket'; did you mean baskets"
    ):
        statements(STEPS, "basket")
    with pytest.raises(UsageError, match="known are baskets, pairs"):
        statements(STEPS, "zzz")


def test_of_a_table_that_was_made_without_sql_it_is_said() -> None:
    with pytest.raises(UsageError, match="'rates' was made without SQL"):
        statements(STEPS, "rates", ["baskets", "rates"])
    assert "select 1 as n" in statements(STEPS, "baskets", ["baskets", "rates"])


@pytest.mark.parametrize(
    "value", [None, True, False, 0, -(2**63), 2**62, 0.1, 1e-9, "", "it's", "$x; -- no", "é\\n"]
)
def test_a_literal_is_the_value(value: float | str | None) -> None:
    found = duckdb.connect().execute(f"select {literal(value)}").fetchall()[0][0]

    assert value == (float(found) if isinstance(value, float) else found)


def test_the_engine_keeps_each_statement_with_the_values_that_it_names() -> None:
    engine = DuckDBEngine(threads=1)

    engine.create_table("numbers", "select range as n from range($top)", {"top": 8, "other": 1})
    engine.create_table("odd", "select n from numbers where n % $slices = $slice", {}, 2)

    assert engine.steps == [
        Step("numbers", "select range as n from range($top)", {"top": 8}, 1, 8),
        Step("odd", "select n from numbers where n % $slices = $slice", {}, 2, 8),
    ]
    assert pasted(engine.steps[0]) == "select range as n from range(8)"
