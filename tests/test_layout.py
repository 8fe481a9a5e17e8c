"""Aligned text: what a cell looks like, and what is cut when a line is too long."""

from datetime import UTC, datetime

from pipeline.layout import aligned


def test_numbers_stand_on_the_right_and_text_on_the_left() -> None:
    text = aligned(("item", "count"), [("tea", 7), ("coffee", 120)])

    assert ["item    count", "tea         7", "coffee    120"] == text.splitlines()


def test_null_is_a_dash_and_does_not_make_numbers_text() -> None:
    assert ["n", "-", "5"] == aligned(("n",), [(None,), (5,)]).splitlines()
    assert ["count", "    -", "   12"] == aligned(("count",), [(None,), (12,)]).splitlines()


def test_shares_have_four_decimals_and_larger_figures_two() -> None:
    text = aligned(("share", "lift"), [(0.25, 1.5), (1.0, 120.126)])

    assert [" share    lift", "0.2500    1.50", "1.0000  120.13"] == text.splitlines()


def test_lists_instants_and_truth_values_read_as_text() -> None:
    at = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)

    text = aligned(("set", "at", "is"), [(["a", "b"], at, True)])

    assert ["set    at                is", "a + b  2026-01-31 08:30  true"] == text.splitlines()


def test_the_widest_text_is_cut_first_and_numbers_never() -> None:
    rows = [("short", "a name that is far too long", 1234567)]

    text = aligned(("item", "name", "count"), rows, width=30)

    assert ["item   name              count", "short  a name that i…  1234567"] == text.splitlines()


def test_every_part_of_a_list_that_is_cut_keeps_its_beginning() -> None:
    text = aligned(("itemset",), [(["A1 paper chains", "B2 wooden heart"],)], width=20)

    assert ["itemset", "A1 pape… + B2 wood…"] == text.splitlines()


def test_a_line_that_cannot_be_cut_any_further_stays_long() -> None:
    assert [" first  second", "123456  654321"] == aligned(
        ("first", "second"), [(123456, 654321)], width=5
    ).splitlines()


def test_a_table_without_rows_is_its_header() -> None:
    assert aligned(("item", "count"), [], width=80) == "item  count"


def test_text_from_a_file_cannot_steer_the_terminal() -> None:
    assert ["name", r"a\x1b[2Jb\nc"] == aligned(("name",), [("a\x1b[2Jb\nc",)]).splitlines()


def test_wide_letters_and_accents_keep_columns_aligned() -> None:
    text = aligned(("name", "n"), [("緑茶", 1), ("cafe\u0301", 2)])

    assert ["name  n", "緑茶  1", "cafe\u0301  2"] == text.splitlines()
