"""Accessories and scenes of random shops agree with an oracle that looks at every pair of items."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.serving_options import Serving
from pipeline.serving.automatic import automatic_lists
from tests.mined_tables import load_published, with_tables
from tests.shelves import item_pages, setting_of, shelf_of, shown
from tests.tables import Cell

ITEMS = [f"i{number}" for number in range(7)]
PATHS = ["a", "a > b", "a > b > c", "a > d", "e"]
Rows = list[dict[str, Cell]]
Line = tuple[str, str, str, str]


def ranked_ids(rows: Rows) -> list[str]:
    """Return the items, the best seller first."""
    return [
        str(row["item"])
        for row in sorted(rows, key=lambda row: (-int(row["orders"] or 0), str(row["item"])))
    ]


def is_at(category: Cell, path: str) -> bool:
    """Return whether a category is a path or lies below it."""
    return category is not None and f"{category} > ".startswith(f"{path} > ")


def links(source: dict[str, Cell], target: dict[str, Cell], line: Line) -> bool:
    """Return whether a line of the file links two items."""
    source_path, target_path, attribute, value = line
    if not is_at(source["category"], source_path) or not is_at(target["category"], target_path):
        return False
    if source["category"] == target["category"]:
        return False
    if not attribute:
        return True
    wanted = value or source[attribute]
    return wanted is not None and target[attribute] == wanted


def naive_accessories(
    rows: Rows, lines: list[Line], bought: list[tuple[str, str]], most: int
) -> dict[str, list[str]]:
    """Return the accessories of each item: what is bought with it in its order, then the rest."""
    of_id = {str(row["item"]): row for row in rows}
    found = {}
    for source, own in of_id.items():
        fits = [
            target
            for target in ranked_ids(rows)
            if any(links(own, of_id[target], line) for line in lines)
        ]
        first = [target for one, target in bought if one == source and target in fits]
        listed = [*first, *(target for target in fits if target not in first)][:most]
        if listed:
            found[source] = listed
    return found


def naive_scenes(rows: Rows, lines: list[tuple[str, str, str]], most: int) -> dict[str, list[str]]:
    """Return the items of other leaf categories that are in a scene with each item."""
    scenes: dict[str, set[str]] = {}
    for name, item, path in lines:
        members = {str(row["item"]) for row in rows if row["item"] == item}
        members |= {str(row["item"]) for row in rows if path and is_at(row["category"], path)}
        scenes.setdefault(name, set()).update(members)
    categories = {str(row["item"]): row["category"] for row in rows}
    found = {}
    for source, leaf in categories.items():
        shared = set[str]().union(*(held for held in scenes.values() if source in held))
        listed = [
            target
            for target in ranked_ids(rows)
            if target in shared and (leaf is None or categories[target] != leaf)
        ]
        listed = listed[:most]
        if set(listed) - {source}:
            found[source] = listed
    return found


SHELVES = st.fixed_dictionaries({
    item: st.fixed_dictionaries({
        "category": st.sampled_from([*PATHS, None]),
        "orders": st.sampled_from(["0", "1", "2"]),
        "brand": st.sampled_from(["Aro", "Bex", None]),
        "plug": st.sampled_from(["usb", "iron", None]),
    })
    for item in ITEMS
}).map(lambda items: [{"item": item, **row} for item, row in items.items()])  # fmt: skip
LINES = st.lists(
    st.tuples(
        st.sampled_from(PATHS),
        st.sampled_from(PATHS),
        st.sampled_from(["", "plug", "brand"]),
        st.sampled_from(["", "usb"]),
    ).map(lambda line: line if line[2] == "plug" else (*line[:3], "")),
    max_size=4,
)
PAIRS = st.lists(
    st.tuples(st.sampled_from(ITEMS), st.sampled_from(ITEMS)).filter(lambda two: two[0] != two[1]),
    unique=True,
    max_size=12,
)


@given(rows=SHELVES, lines=LINES, bought=PAIRS, most=st.integers(1, 6))
def test_accessories_of_random_shops_agree_with_the_oracle(
    rows: Rows, lines: list[Line], bought: list[tuple[str, str]], most: int
) -> None:
    shelf = shelf_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "accessories.csv"
        text = "".join(",".join(line) + "\n" for line in lines)
        path.write_text("source_category,target_category,attribute,value\n" + text)
        setting = setting_of(shelf, Serving(max_candidates=most), accessories=path)
        setting = with_tables(setting, also_bought="rank\n")
        load_published("also_bought", [
            {"source_item_id": source, "target_item_id": target, "rank": str(rank),
             "lift_low": str(2 + 1 / rank)}
            for rank, (source, target) in enumerate(bought, start=1)
        ])  # fmt: skip
        lists = automatic_lists(setting, item_pages(shelf), "accessory")
    assert lists is not None
    expected = naive_accessories(rows, lines, bought, most)
    assert expected == shown(lists, item_pages(shelf), shelf)
    for start, end in zip(lists.starts.tolist(), lists.ends.tolist(), strict=True):
        scores = lists.pool.scores[start:end].tolist()
        assert sorted(scores, reverse=True) == scores


@given(
    rows=SHELVES,
    lines=st.lists(
        st.one_of(
            st.tuples(st.sampled_from("pqr"), st.sampled_from(ITEMS), st.just("")),
            st.tuples(st.sampled_from("pqr"), st.just(""), st.sampled_from(PATHS)),
        ),
        max_size=6,
    ),
    most=st.integers(1, 7),
)
def test_scenes_of_random_shops_agree_with_the_oracle(
    rows: Rows, lines: list[tuple[str, str, str]], most: int
) -> None:
    shelf = shelf_of(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenes.csv"
        path.write_text("scene,item_id,category\n" + "".join(f"{','.join(one)}\n" for one in lines))
        setting = setting_of(shelf, Serving(max_candidates=most), scenes=path)
        lists = automatic_lists(setting, item_pages(shelf), "scene")
    assert lists is not None
    found = shown(lists, item_pages(shelf), shelf)
    expected = naive_scenes(rows, lines, most)
    # The item itself, which no page shows, is all that some lists hold: of those without category.
    assert expected == {page: shown for page, shown in found.items() if set(shown) - {page}}
