"""Accessories and scenes by files that people keep: which items are linked, and in what order."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.config.serving_options import Serving
from pipeline.serving.automatic import automatic_lists
from pipeline.serving.reasons import sentences
from pipeline.serving.setting import Setting
from tests.mined_tables import with_tables
from tests.shelves import drawn_shelf, item_pages, setting_of, shown, told

SHELF = drawn_shelf("""
    item  | category        | brand | orders | plug
    cam1  | Photo > Cameras | Sony  | 90     | usb
    cam2  | Photo > Cameras | Leica | 80     | iron
    cam3  | Photo > Cameras | Leica | 70     | -
    bag1  | Bags            | Sony  | 60     | -
    bag2  | Bags > Leather  | Leica | 50     | usb
    card  | Photo > Cards   | -     | 40     | usb
    cable | Cables          | -     | 30     | usb
    irony | Cables          | -     | 20     | iron
    lost  | -               | Sony  | 10     | usb
""")
BOUGHT = """
    source_item_id | target_item_id | rank | source_count | confidence | lift_low | grain
    cam1           | bag2           | 2    | 80           | 0.2        | 3        | order
    cam1           | cam2           | 1    | 80           | 0.3        | 4        | order
    cam1           | cable          | 3    | 80           | 0.1        | 2        | order
    cam2           | irony          | 1    | 80           | 0.1        | 2        | order
    cam2           | cable          | 2    | 80           | 0.1        | 1        | order
    bag1           | card           | 1    | 80           | 0.1        | 2        | order
"""


def setting_with(folder: Path, name: str, lines: str, *, options: Any = None) -> Setting:
    """Return a setting with one hand-made file."""
    (folder / f"{name}.csv").write_text(lines)
    files = {name: folder / f"{name}.csv"}
    return setting_of(SHELF, Serving.model_validate(options or {}), **files)


def targets_of(setting: Setting, relation: str) -> dict[str, list[str]]:
    """Return what every item is offered."""
    pages = item_pages(setting.shelf)
    lists = automatic_lists(setting, pages, relation)
    assert lists is not None
    assert f"mined:{relation}" == lists.origin
    return shown(lists, pages, setting.shelf)


def accessories(folder: Path, lines: str, options: Any = None) -> Setting:
    """Return a setting with links of categories."""
    head = "source_category,target_category,attribute,value\n"
    return setting_with(folder, "accessories", head + lines, options=options)


def test_paths_link_everything_at_or_below_them(tmp_path: Path) -> None:
    found = targets_of(accessories(tmp_path, "Photo,Bags,,\n"), "accessory")
    bags = ["bag1", "bag2"]
    assert {"cam1": bags, "cam2": bags, "cam3": bags, "card": bags} == found


def test_what_is_bought_with_it_stands_first_then_what_sells(tmp_path: Path) -> None:
    """cam2 is bought with cam1 as well, but no line links cameras with cameras."""
    setting = accessories(tmp_path, "Photo,Bags,,\nPhoto > Cameras,Cables,,\n")
    found = targets_of(with_tables(setting, also_bought=BOUGHT), "accessory")
    assert {
        "cam1": ["bag2", "cable", "bag1", "irony"],
        "cam2": ["irony", "cable", "bag1", "bag2"],
        "cam3": ["bag1", "bag2", "cable", "irony"],
        "card": ["bag1", "bag2"],
    } == found


def test_evidence_is_told_where_there_is_some(tmp_path: Path) -> None:
    setting = with_tables(accessories(tmp_path, "Photo,Bags,,\n"), also_bought=BOUGHT)
    lists = automatic_lists(setting, item_pages(SHELF), "accessory")
    assert lists is not None
    start = int(lists.starts[0])
    pool = lists.pool
    assert [80, -1] == pool.counts[start : start + 2].tolist()
    assert [3.0, 0.0] == pool.scores[start : start + 2].tolist()
    assert 0.2 == pool.shares[start]


def test_best_sellers_of_the_window_stand_before_those_of_all_time(tmp_path: Path) -> None:
    popular = """
        item_id | customer_segment | segment_rank | order_count
        bag2    | everyone         | 1            | 5
        bag1    | everyone         | 2            | 0
    """
    setting = with_tables(accessories(tmp_path, "Photo,Bags,,\n"), popular_items=popular)
    assert ["bag2", "bag1"] == targets_of(setting, "accessory")["cam1"]


def test_both_items_may_have_to_be_alike_in_an_attribute(tmp_path: Path) -> None:
    setting = accessories(tmp_path, "Photo,Cables,plug,\nPhoto,Bags,brand,\n")
    expected = {"cam1": ["bag1", "cable"], "cam2": ["bag2", "irony"], "cam3": ["bag2"],
                "card": ["cable"]}  # fmt: skip
    assert expected == targets_of(setting, "accessory")
    with_evidence = with_tables(setting, also_bought=BOUGHT)
    expected |= {"cam1": ["cable", "bag1"], "cam2": ["irony", "bag2"]}
    assert expected == targets_of(with_evidence, "accessory")


def test_the_target_may_have_to_have_one_value(tmp_path: Path) -> None:
    setting = accessories(tmp_path, "Photo > Cameras,Cables,plug,usb\n")
    found = targets_of(with_tables(setting, also_bought=BOUGHT), "accessory")
    assert {"cam1": ["cable"], "cam2": ["cable"], "cam3": ["cable"]} == found


def test_a_link_from_above_never_shows_the_own_leaf_category(tmp_path: Path) -> None:
    setting = accessories(tmp_path, "Photo,Photo,,\n", {"max_candidates": 1})
    found = targets_of(with_tables(setting, also_bought=BOUGHT), "accessory")
    assert {"cam1": ["card"], "cam2": ["card"], "cam3": ["card"], "card": ["cam1"]} == found


def test_lists_are_cut_after_evidence_and_best_sellers_are_put_together(tmp_path: Path) -> None:
    setting = accessories(tmp_path, "Photo,Bags,,\nPhoto,Cables,,\n", {"max_candidates": 3})
    found = targets_of(with_tables(setting, also_bought=BOUGHT), "accessory")
    assert ["bag2", "cable", "bag1"] == found["cam1"]
    assert ["bag1", "bag2", "cable"] == found["card"]


def test_lines_that_link_nothing_are_told_of_once(tmp_path: Path) -> None:
    lines = "Phto,Bags,,\nPhoto,Bag,,\nPhoto,Bags,socket,\nPhoto,Bags,plug,gold\nPhoto,Bags,,usb\n"
    setting = accessories(tmp_path, lines + "Bags,Cables,,\n")
    for _ in range(2):
        assert {"bag1", "bag2"} == set(targets_of(setting, "accessory"))
    does_nothing, near = "the line does nothing", "'Bag'; did you mean Bags?"
    assert [
        f"unknown_category accessories.csv:2: no item is under 'Phto'; {does_nothing}",
        f"unknown_category accessories.csv:3: no item is under {near}; {does_nothing}",
        f"unknown_attribute accessories.csv:4: no item has 'socket'; {does_nothing}",
        f"unknown_value accessories.csv:5: no item has plug = 'gold'; {does_nothing}",
        "missing_attribute accessories.csv:6: a value needs an attribute; the line is left out",
    ] == told(setting)


def test_a_file_of_links_without_lines_offers_nothing(tmp_path: Path) -> None:
    setting = with_tables(accessories(tmp_path, ""), also_bought=BOUGHT)
    assert {} == targets_of(setting, "accessory")
    assert automatic_lists(setting_of(SHELF), item_pages(SHELF), "accessory") is None


def scenes(folder: Path, lines: str, options: Any = None) -> Setting:
    """Return a setting with scenes."""
    return setting_with(folder, "scenes", "scene,item_id,category\n" + lines, options=options)


NEAR = (
    "unknown_category scenes.csv:2: no item is under 'Bag'; did you mean Bags?; "
    "the line does nothing"
)
UNCLEAR = (
    "unclear_member scenes.csv:2: name an item_id or a category, one of them; the line is left out"
)
PICNIC = "picnic,bag1,\npicnic,,Photo > Cameras\n"
TRIP = "trip,cable,\ntrip,cam2,\ntrip,bag1,\ntrip,lost,\n"


def test_items_of_a_scene_show_those_of_other_leaf_categories(tmp_path: Path) -> None:
    found = targets_of(scenes(tmp_path, PICNIC), "scene")
    cameras = ["cam1", "cam2", "cam3"]
    assert {"cam1": ["bag1"], "cam2": ["bag1"], "cam3": ["bag1"], "bag1": cameras} == found


def test_scenes_are_put_together_and_the_first_in_the_file_is_told(tmp_path: Path) -> None:
    setting = scenes(tmp_path, PICNIC + TRIP)
    found = targets_of(setting, "scene")
    assert ["cam1", "cam2", "cam3", "cable", "lost"] == found["bag1"]
    assert ["bag1", "cable", "lost"] == found["cam2"]
    assert ["bag1"] == found["cam1"]
    # An item without a category is of no item's leaf category.
    assert ["cam2", "bag1", "cable", "lost"] == found["lost"]
    lists = automatic_lists(setting, item_pages(SHELF), "scene")
    assert lists is not None
    start, end = (int(bound[SHELF.numbers["bag1"]]) for bound in (lists.starts, lists.ends))
    texts = sentences(lists.reason, lists.pool).to_pylist()[start:end]
    assert ["picnic", "picnic", "picnic", "trip", "trip"] == [
        str(text).removeprefix("for the scene ") for text in texts
    ]
    scores = lists.pool.scores[start:end].tolist()
    assert sorted(scores, reverse=True) == scores


def test_the_best_sellers_of_a_scene_are_kept(tmp_path: Path) -> None:
    found = targets_of(scenes(tmp_path, PICNIC + TRIP, {"max_candidates": 2}), "scene")
    assert ["cam1", "cam2"] == found["bag1"]


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        (
            "picnic,bagg,\n",
            "unknown_item scenes.csv:2: item 'bagg' is not known; the line does nothing",
        ),
        (
            "picnic,,Bag\n",
            NEAR,
        ),
        (
            "picnic,bag1,Bags\n",
            UNCLEAR,
        ),
    ],
)
def test_lines_of_scenes_that_do_nothing_are_told_of(
    tmp_path: Path, line: str, remark: str
) -> None:
    setting = scenes(tmp_path, line)
    assert {} == targets_of(setting, "scene")
    assert [remark] == told(setting)
