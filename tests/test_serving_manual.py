"""Manual picks and the blacklist: which rows count, in which order, and what is warned about."""

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.serving.blacklist import blacklisted
from pipeline.serving.lists import Sources
from pipeline.serving.manual import manual_lists
from pipeline.serving.manual_rows import read_manual
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import Shelf
from tests.shelves import drawn_shelf, item_pages, other_pages, setting_of, shown, told

SHELF = drawn_shelf("""
    item | category        | orders | listed
    A1   | Photo > Cameras | 9      | yes
    A2   | Photo > Cameras | 8      | yes
    B1   | Photo > Bags    | 7      | yes
    P1   | Photo           | 6      | yes
    T1   | Toys            | 5      | yes
    N1   | -               | 4      | yes
    X1   | Toys            | 3      | no
""")
HEAD = "source_item_id,source_category,target_item_id,relation,position,valid_from,valid_to,note\n"
TO_BAGS = "A1,,B1,accessory,,,,\n"


def setting_with(folder: Path, text: str) -> Setting:
    """Return a setting with a file of manual rows."""
    path = folder / "manual.csv"
    path.write_text(HEAD + text)
    return setting_of(SHELF, manual=path)


def rows_shown(
    setting: Setting, sources: Sources, relation: str = "accessory"
) -> dict[str, list[str]]:
    """Return what pages are offered by the manual rows."""
    manual = read_manual(setting)
    assert manual is not None
    lists = manual_lists(manual, sources, relation)
    return {} if lists is None else shown(lists, sources, setting.shelf)


def test_rows_of_the_item_come_before_those_of_narrower_then_wider_categories(
    tmp_path: Path,
) -> None:
    setting = setting_with(
        tmp_path,
        ",Photo,P1,accessory,,,,\n"
        ",Photo > Cameras,B1,accessory,,,,\n"
        "A1,,T1,accessory,,,,\n"
        "A1,,N1,accessory,,,,\n"
        "A1,,A2,also_bought,,,,\n",
    )

    assert {
        "A1": ["T1", "N1", "B1", "P1"],
        "A2": ["B1", "P1"],
        "B1": ["P1"],
        "P1": ["P1"],  # the merger leaves out the item of the page itself
    } == rows_shown(setting, item_pages(SHELF))
    assert {"A1": ["A2"]} == rows_shown(setting, item_pages(SHELF), "also_bought")
    assert {} == rows_shown(setting, item_pages(SHELF), "scene")
    assert [] == told(setting)


def test_pages_of_categories_have_the_rows_of_theirs_and_of_wider_ones(tmp_path: Path) -> None:
    setting = setting_with(
        tmp_path, ",Photo,P1,accessory,,,,\n,Photo > Bags,T1,accessory,,,,\n" + TO_BAGS
    )
    pages = other_pages("category", "Photo", "Photo > Bags", "Photo > Bags > Small", "Toys")

    assert {
        "Photo": ["P1"],
        "Photo > Bags": ["T1", "P1"],
        "Photo > Bags > Small": ["T1", "P1"],
    } == rows_shown(setting, pages)


def test_rows_without_a_source_are_for_the_home_page_of_every_segment(tmp_path: Path) -> None:
    setting = setting_with(tmp_path, ",,T1,trending,2,,,\n,,B1,trending,,,,\n" + TO_BAGS)
    pages = other_pages("segment", "everyone", "champions")

    assert {"everyone": ["T1", "B1"], "champions": ["T1", "B1"]} == rows_shown(
        setting, pages, "trending"
    )
    assert {} == rows_shown(setting, item_pages(SHELF), "trending")


def test_a_row_says_its_position_and_its_note(tmp_path: Path) -> None:
    setting = setting_with(tmp_path, "A1,,B1,accessory,3,,,for the window\nA1,,T1,accessory,,,,\n")
    manual = read_manual(setting)
    assert manual is not None
    lists = manual_lists(manual, item_pages(SHELF), "accessory")

    assert lists is not None
    assert ("manual", [3, 0]) == (lists.origin, lists.pool.positions.tolist())
    assert pa.array([": for the window", ""]) == lists.pool.notes
    assert "picked by hand{note}" == lists.reason


def test_the_first_row_has_a_position_and_the_next_takes_any_slot(tmp_path: Path) -> None:
    setting = setting_with(
        tmp_path,
        ",Photo,P1,accessory,1,,,\nA1,,B1,accessory,1,,,\nA1,,T1,accessory,1,,,\n"
        ",Photo,B1,accessory,2,,,\n",
    )
    manual = read_manual(setting)
    assert manual is not None
    pages = Sources("item", ["A1"], item_pages(SHELF).items[:1])
    lists = manual_lists(manual, pages, "accessory")

    assert lists is not None
    assert {"A1": ["B1", "T1", "P1"]} == shown(lists, pages, SHELF)
    start, end = int(lists.starts[0]), int(lists.ends[0])
    assert [1, 0, 0] == lists.pool.positions[start:end].tolist()
    assert [
        (
            "repeated_position manual.csv:4: position 1 is that of line 3 already; "
            "the row takes any slot"
        )
    ] == told(setting)


@pytest.mark.parametrize(
    ("span", "kind"),
    [
        ("1970-01-11,1970-01-11", None),
        (",1970-01-10", "expired"),
        ("1970-01-12,", "not_yet_valid"),
        ("1970-01-01,1970-01-31", None),
    ],
)
def test_both_days_of_a_row_belong_to_its_span(tmp_path: Path, span: str, kind: str | None) -> None:
    setting = setting_with(tmp_path, f"A1,,B1,accessory,,{span},\n")

    assert ({} if kind else {"A1": ["B1"]}) == rows_shown(setting, item_pages(SHELF))
    assert [kind] * bool(kind) == [remark.kind for remark in setting.remarks]
    assert [kind == "expired"] * bool(kind) == [remark.is_fault for remark in setting.remarks]


def test_the_clocks_of_the_time_zone_decide_the_day(tmp_path: Path) -> None:
    path = tmp_path / "manual.csv"
    path.write_text(HEAD + "A1,,B1,accessory,,,1970-01-10,\n")
    utc = setting_of(SHELF, manual=path)
    new_york = Setting(
        utc.engine, utc.given, SHELF, utc.options, utc.as_of, "America/New_York", utc.files
    )

    assert {} == rows_shown(utc, item_pages(SHELF))
    assert {"A1": ["B1"]} == rows_shown(new_york, item_pages(SHELF))


@pytest.mark.parametrize(
    ("row", "remark"),
    [
        (
            "A1,,Z9,accessory,,,,",
            "unknown_target manual.csv:2: target 'Z9' is not in the catalogue",
        ),
        (
            "A1,,X1,accessory,,,,",
            "unknown_target manual.csv:2: target 'X1' is not in the catalogue",
        ),
        (
            "Z9,,B1,accessory,,,,",
            "unknown_source manual.csv:2: source 'Z9' is not in the catalogue",
        ),
        (
            ",Photo > Camera,B1,accessory,,,,",
            (
                "unknown_source manual.csv:2: no item is under the category 'Photo > Camera'; "
                "did you mean Photo > Cameras?"
            ),
        ),
        (
            "A1,,B1,acessory,,,,",
            (
                "unknown_relation manual.csv:2: 'acessory' is no relation type; "
                "did you mean accessory?"
            ),
        ),
        (
            "A1,Photo,B1,accessory,,,,",
            "two_sources manual.csv:2: give source_item_id or source_category, not both",
        ),
        (
            "A1,,B1,accessory,0,,,",
            "bad_position manual.csv:2: position '0' is no whole number from 1 on",
        ),
        (
            "A1,,B1,accessory,1.5,,,",
            "bad_position manual.csv:2: position '1.5' is no whole number from 1 on",
        ),
        (
            "A1,,B1,accessory,,1970-02-30,,",
            "bad_date manual.csv:2: '1970-02-30' is no day: write it like 2026-03-01",
        ),
        (
            "A1,,B1,accessory,,,31.01.1970,",
            "bad_date manual.csv:2: '31.01.1970' is no day: write it like 2026-03-01",
        ),
        (
            "A1,,B1,accessory,,1970-02-01,1970-01-01,",
            "bad_date manual.csv:2: valid_to 1970-01-01 comes before valid_from 1970-02-01",
        ),
        (
            "Z9,,Z8,nonsense,,,1970-01-01,",
            "expired manual.csv:2: expired: valid to 1970-01-01",
        ),
    ],
)
def test_a_row_that_says_nothing_usable_is_left_out_with_a_remark(
    tmp_path: Path, row: str, remark: str
) -> None:
    setting = setting_with(tmp_path, f"{row}\n")

    assert {} == rows_shown(setting, item_pages(SHELF))
    assert [f"{remark}; the row does nothing"] == told(setting)


def test_an_item_that_is_picked_twice_is_offered_once(tmp_path: Path) -> None:
    setting = setting_with(tmp_path, TO_BAGS + ",Photo,B1,accessory,,,,\n" + TO_BAGS)

    assert ["B1"] == rows_shown(setting, item_pages(SHELF))["A1"]
    assert [
        "repeated_target manual.csv:4: target 'B1' is picked on line 2 too; the row does nothing"
    ] == told(setting)


def test_without_a_file_there_are_no_manual_rows() -> None:
    assert read_manual(setting_of(SHELF)) is None


def black(setting: Setting, shelf: Shelf = SHELF) -> list[str]:
    """Return the ids on the blacklist."""
    flags = blacklisted(setting).tolist()
    return [item for item, is_on in zip(shelf.item_ids, flags, strict=True) if is_on]


def test_the_blacklist_names_items_and_categories_with_all_below(tmp_path: Path) -> None:
    path = tmp_path / "never.csv"
    path.write_text("category,item_id,note\nPhoto,,recall\n,X1,\n,N1,\n")

    assert ["A1", "A2", "B1", "P1", "N1", "X1"] == black(setting_of(SHELF, blacklist=path))
    assert [] == black(setting_of(SHELF))


def test_lines_of_the_blacklist_that_name_nothing_known_are_remarked_on(tmp_path: Path) -> None:
    path = tmp_path / "never.csv"
    path.write_text("item_id,category\nZ9,\n,Toy\nA1,Toy\n,\nT1,Toys\n")
    setting = setting_of(SHELF, blacklist=path)

    assert ["T1", "X1"] == black(setting)
    assert [
        "unknown_item never.csv:2: item 'Z9' is not known; the line does nothing",
        (
            "unknown_category never.csv:3: no item is under 'Toy'; did you mean Toys?; "
            "the line does nothing"
        ),
        (
            "unknown_category never.csv:4: no item is under 'Toy'; did you mean Toys?; "
            "the line does nothing"
        ),
        "empty_row never.csv:5: give item_id or category; the line does nothing",
    ] == told(setting)
