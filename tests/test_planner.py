"""Plans: what is expected and what is found, refusals, caps, and a support chosen by rules."""

import json
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.__main__ import main
from pipeline.config.mining_options import Mining
from pipeline.errors import ConfigError
from pipeline.io.new_project import write_project
from pipeline.mining import expected as expected_module
from pipeline.mining.auto_support import choose_count
from pipeline.mining.baskets import Int64s
from pipeline.mining.expected import Search
from pipeline.mining.item_limits import find_items, with_items
from pipeline.mining.itemsets import TooManyItemsetsError, mine_itemsets, relabel_items
from pipeline.mining.minable import Minable, mine_searched
from pipeline.mining.planner import check_plan, plan, plan_ladder, refuse_found
from pipeline.mining.rules import build_rules
from pipeline.mining.thresholds import effective_min_count
from pipeline.mining.window import Window
from tests import reference
from tests.datasets import baskets_of_rows, coded, read_fimi, read_groceries
from tests.shops import Shop, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

ANY_SIZE = 99
WINDOW = Window(instant("2d"), instant("9d"))


def options(**changes: Any) -> Mining:
    """Options without a limit to the size of itemsets, and every rule from confidence 0.1."""
    lenient = {"max_q_value": None, "only_productive": False, "min_customers": 0}
    return Mining.model_validate({"max_itemset_size": ANY_SIZE, **lenient, **changes})


def counted(**changes: Any) -> Mining:
    """Options with a minimum count."""
    return options(min_support=None, **{"min_count": 1, **changes})


def found_rules(rows: list[set[str]], config: Mining, min_count: int) -> int:
    """Count the rules by the oracle."""
    itemsets = reference.itemsets(rows, min_count, config.max_itemset_size)
    return len(list(reference.rules(itemsets, config, len(rows))))


def by_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the estimate to the walks."""
    monkeypatch.setattr(expected_module, "SEARCHED_ITEMSETS", 0)


@settings(max_examples=30)
@given(
    rows=st.lists(st.sets(st.sampled_from("abcdefg"), min_size=1), min_size=1, max_size=12),
    min_count=st.integers(1, 4),
    max_consequent_size=st.integers(1, 3),
)
def test_a_small_plan_is_exact_and_no_bound_is_below_it(
    rows: list[set[str]], min_count: int, max_consequent_size: int
) -> None:
    config = counted(max_consequent_size=max_consequent_size, min_confidence=0.5)
    search = Search(coded(rows)[0], min_count, config)
    itemsets = reference.itemsets(rows, min_count, ANY_SIZE)
    assert search.expected.is_exact
    assert search.expected.itemsets == len(itemsets)
    assert search.expected.rules == found_rules(rows, config, min_count)
    with pytest.MonkeyPatch.context() as patch:
        by_walks(patch)
        bounds = list(Search(coded(rows)[0], min_count, config).bounds())
    assert len(bounds) == (2 if itemsets else 1)
    for bound in bounds:
        assert bound.itemsets >= len(itemsets)
        assert bound.rules >= search.expected.rules


def test_walks_over_equal_baskets_count_their_subsets_exactly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Every walk through the subsets of one basket has the same choices: no chance is left.
    by_walks(monkeypatch)
    search = Search(baskets_of_rows([range(8)] * 3), 2, counted())
    assert not search.expected.is_exact
    sizes = [len(list(combinations(range(8), size))) for size in range(1, 9)]
    assert sizes == pytest.approx(list(search.expected.sizes))
    assert search.expected.rules == pytest.approx(sum(s * n for s, n in enumerate(sizes[1:], 2)))


@pytest.mark.parametrize(
    ("name", "min_count", "itemsets"), [("chess", 2_557, 8_227), ("mushroom", 1_625, 53_583)]
)
def test_walks_come_near_to_what_is_found(
    *,
    monkeypatch: pytest.MonkeyPatch,
    shared_data: Path,
    name: str,
    min_count: int,
    itemsets: int,
) -> None:
    baskets = read_fimi(shared_data, name)
    exact = Search(baskets, min_count, counted()).expected
    assert (exact.is_exact, exact.itemsets) == (True, itemsets)
    by_walks(monkeypatch)
    walked = Search(baskets, min_count, counted()).expected
    assert walked.itemsets == pytest.approx(itemsets, rel=0.5)
    assert walked.rules == pytest.approx(exact.rules, rel=0.5)


def test_the_estimate_does_not_depend_on_the_order_of_baskets(
    monkeypatch: pytest.MonkeyPatch, shared_data: Path
) -> None:
    by_walks(monkeypatch)
    rows = list(read_groceries(shared_data).values())
    plans = [plan(coded(baskets)[0], 10, counted()) for baskets in (rows, rows[::-1])]
    assert plans[0] == plans[1]


def test_a_ladder_goes_from_the_highest_support_to_the_lowest(shared_data: Path) -> None:
    baskets, _ = coded(read_groceries(shared_data).values())
    ladder = plan_ladder(baskets, options(min_support=0.01))
    assert [990, 495, 198, 99, 50, 20, 10] == [one.min_count for one in ladder]
    assert ladder[3].itemsets == 333
    assert ladder[6].itemsets == 13_492
    for higher, lower in pairwise(ladder):
        assert higher.itemsets <= lower.itemsets
        assert higher.rules <= lower.rules
        assert higher.megabytes <= lower.megabytes


def test_a_ladder_of_given_supports_has_these(shared_data: Path) -> None:
    baskets, _ = coded(read_groceries(shared_data).values())
    ladder = plan_ladder(baskets, options(), (0.001, 0.01))
    assert [(99, 333), (10, 13_492)] == [(one.min_count, one.itemsets) for one in ladder]


@pytest.mark.parametrize(
    ("changes", "is_taken"),
    [
        ({}, True),
        ({"algorithm": "apriori"}, False),
        ({"miner": "mlxtend"}, False),
        ({"must_contain": ["whole milk"]}, False),
    ],
)
def test_what_the_plan_found_is_not_searched_again_by_the_same_miner(
    shared_data: Path, *, changes: dict[str, Any], is_taken: bool
) -> None:
    baskets, items = coded(read_groceries(shared_data).values())
    ids, config = pa.array(items), counted(**changes)
    must_contain = find_items("must_contain", config.must_contain, ids)
    minable = Minable(baskets, with_items(baskets, must_contain), must_contain, ids)
    search = check_plan(minable.searched, 100, config)
    mined = mine_searched(minable, config, 1, search)
    assert (mined is search.found) == is_taken
    if not config.must_contain:
        assert search.found is not None
        ordered = relabel_items(mined, np.arange(len(items), dtype=np.int32))
        found = relabel_items(search.found, np.arange(len(items), dtype=np.int32))
        assert pa.array(ordered.items).equals(pa.array(found.items))
        assert pa.array(ordered.counts).equals(pa.array(found.counts))


def test_no_baskets_give_a_plan_of_nothing() -> None:
    nothing = plan(baskets_of_rows([]), 1, counted())
    assert (nothing.items, nothing.pairs, nothing.itemsets, nothing.rules) == (0, 0, 0, 0)


def test_chess_at_20_percent_is_refused_with_a_support_that_fits(shared_data: Path) -> None:
    baskets = read_fimi(shared_data, "chess")
    with pytest.raises(ConfigError, match=r"min_support 0\.2 would give about .*") as refusal:
        check_plan(baskets, 640, options(min_support=0.2))
    fitting = float(str(refusal.value).split("; ")[1].split(" would fit")[0])
    assert 0.4 < fitting < 0.8
    fits = options(min_support=fitting)
    check_plan(baskets, effective_min_count(fits, 3_196), fits)


def test_memory_is_refused_in_counts(shared_data: Path) -> None:
    config = counted(min_count=1_918, max_memory_mb=100)
    with pytest.raises(ConfigError, match=r"min_count 1918 .*max_memory_mb 100; \d+ would fit"):
        check_plan(read_fimi(shared_data, "chess"), 1_918, config)


def test_small_itemsets_of_chess_at_20_percent_fit(shared_data: Path) -> None:
    config = options(min_support=0.2, max_itemset_size=3)
    check_plan(read_fimi(shared_data, "chess"), 640, config)


@pytest.mark.parametrize(
    ("name", "min_support"), [("mushroom", 0.2), ("retail", 0.001), ("T10I4D100K", 0.001)]
)
def test_usual_supports_of_public_data_fit(
    shared_data: Path, name: str, min_support: float
) -> None:
    baskets = read_fimi(shared_data, name)
    config = options(min_support=min_support)
    check_plan(baskets, effective_min_count(config, baskets.basket_count), config)


@pytest.mark.parametrize(
    ("name", "min_count", "min_confidence"),
    [("mushroom", 1_625, 0.99), ("chess", 2_237, 0.9), ("retail", 15, 0.5)],
)
def test_the_memory_of_a_plan_is_near_to_what_a_process_takes(
    shared_data: Path, name: str, min_count: int, min_confidence: float
) -> None:
    measure = [sys.executable, "-m", "tests.memory_of_rules", str(shared_data), name]
    chosen = [str(min_count), str(min_confidence)]
    done = subprocess.run([*measure, *chosen], capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert 0.6 * found["measured"] <= found["planned"] <= 1.7 * found["measured"], found


@pytest.mark.parametrize("algorithm", ["fpgrowth", "apriori"])
@pytest.mark.parametrize("threads", [1, 2])
@given(
    rows=st.lists(st.sets(st.integers(0, 9), min_size=1), min_size=1, max_size=12),
    most=st.integers(0, 300),
)
@settings(max_examples=25)
def test_a_search_gives_up_if_and_only_if_it_finds_too_many(
    algorithm: Literal["fpgrowth", "apriori"], threads: int, rows: list[set[int]], most: int
) -> None:
    baskets = baskets_of_rows([sorted(row) for row in rows])
    count = len(mine_itemsets(baskets, 1, ANY_SIZE, algorithm).counts)

    def mine() -> int:
        found = mine_itemsets(baskets, 1, ANY_SIZE, algorithm, threads=threads, most=most)
        return len(found.counts)

    if count <= most:
        assert count == mine()
    else:
        with pytest.raises(TooManyItemsetsError):
            mine()


def test_a_search_of_all_subsets_of_60_items_gives_up_at_once() -> None:
    for algorithm in ("fpgrowth", "apriori"):
        with pytest.raises(TooManyItemsetsError):
            mine_itemsets(baskets_of_rows([range(60)]), 1, ANY_SIZE, algorithm, most=1000)


def test_a_run_over_the_cap_ends_with_a_count_that_was_tried(shared_data: Path) -> None:
    baskets = read_fimi(shared_data, "chess")
    config = counted(min_count=2_237, max_itemsets=8_227)
    with pytest.raises(ConfigError, match=r"more than 8,227 itemsets.*; \d+ would fit") as refusal:
        refuse_found(baskets, 2_237, config)
    fitting = int(str(refusal.value).split("; ")[1].split(" would fit")[0])
    assert 2_557 <= fitting < 1.06 * 2_557
    assert len(mine_itemsets(baskets, fitting, ANY_SIZE, "fpgrowth").counts) <= 8_227


@given(
    st.lists(st.integers(2, 60), max_size=40),
    st.integers(1, 40),
    st.integers(0, 30),
)
def test_the_chosen_count_is_the_highest_that_gives_enough_rules(
    counts: list[int], wanted: int, too_many_below: int
) -> None:
    joint = np.array(sorted(counts), dtype=np.int64)

    def joint_counts(min_count: int) -> Int64s | None:
        return None if min_count < too_many_below else joint[joint >= min_count]

    chosen = choose_count(joint_counts, 61, wanted)
    possible = list(range(max(2, too_many_below), 62))
    enough = [count for count in possible if sum(joint >= count) >= wanted]
    assert chosen == (max(enough) if enough else min(possible))


@settings(max_examples=25)
@given(
    shop=shops(),
    wanted_rules=st.integers(1, 12),
    chosen_items=st.integers(0, 2),
    required_items=st.integers(0, 1),
)
def test_an_automatic_support_gives_the_rules_of_that_count(
    shop: Shop, wanted_rules: int, chosen_items: int, required_items: int
) -> None:
    limits: dict[str, Any] = {
        "min_confidence": 0.3,
        "consequents": shop.items[:chosen_items],
        "must_contain": shop.items[:required_items],
    }
    load_shop(shop_engine(), shop)
    automatic = options(min_support="auto", wanted_rules=wanted_rules, **limits)
    summary = build_rules(shop_engine(), automatic, WINDOW, "sku")
    rows = rows_of(shop_engine(), "association_rules", "rank", "joint_count", "antecedent")
    by_count = counted(min_count=summary.min_count, **limits)
    assert summary.rule_count == build_rules(shop_engine(), by_count, WINDOW, "sku").rule_count
    assert rows == rows_of(shop_engine(), "association_rules", "rank", "joint_count", "antecedent")
    higher = counted(min_count=summary.min_count + 1, **limits)
    if summary.rule_count >= wanted_rules:
        assert build_rules(shop_engine(), higher, WINDOW, "sku").rule_count < wanted_rules
    else:
        assert summary.min_count == 2


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter project."""
    folder = tmp_path_factory.mktemp("planned") / "shop"
    write_project(folder)
    return folder / "basket.yaml"


def test_the_command_prints_a_ladder(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(project), "--support", "0.02", "--support", "0.5"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["min_support", "min_count", "items"]
    assert [row.split()[-1] for row in rows] == ["yes", "yes"]


def test_the_command_prints_json_with_the_numbers_of_a_run(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(project), "--json"]) == 0
    plans = json.loads(capsys.readouterr().out)
    assert main(["run", str(project), "--json", "--only", "association_rules"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]["association_rules"]
    at_run = next(one for one in plans if one["min_count"] == figures["min_count"])
    assert at_run["itemsets"] == figures["itemset_count"]
    assert at_run["is_exact"]


@pytest.mark.parametrize("support", ["0", "1.5", "-0.1"])
def test_a_support_that_is_no_share_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], support: str
) -> None:
    assert main(["plan", str(project), f"--support={support}"]) == 2
    assert "shares above 0 and up to 1" in capsys.readouterr().err


def test_a_run_over_the_limit_ends_with_2_and_a_support_that_fits(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--only", "association_rules", "--set", "mining.max_itemsets=20")
    assert main(["run", str(project), *arguments]) == 2
    message = capsys.readouterr().err
    assert "more than mining.max_itemsets 20; " in message
    fitting = message.split("max_itemsets 20; ")[1].split(" would fit")[0]
    lower = ("--set", f"mining.min_support={fitting}")
    assert main(["run", str(project), *arguments, *lower]) == 0


def test_a_run_publishes_the_support_that_auto_chose(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ("--set", "mining.min_support=auto", "--set", "mining.wanted_rules=5")
    assert main(["run", str(project), "--json", *chosen]) == 0
    report = json.loads(capsys.readouterr().out)
    figures = report["figures"]["association_rules"]
    assert figures["candidate_rule_count"] >= 5
    assert main(["sql", "frequent_itemsets", "--output", str(project.parent / "outputs")]) == 0
    assert any("min_support auto took min_count" in note for note in report["notes"])
