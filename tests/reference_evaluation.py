"""The oracle of evaluations: naive Python, one order at a time."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Rule = tuple[frozenset[str], dict[str, tuple[int, int]]]
"""Items that must be given, and the score and rank of each suggested item."""


@dataclass(frozen=True)
class Found:
    """What a list did: rank of the hidden item by order (0: not found), and what it showed."""

    ranks: Mapping[int, int]
    shown: Counter[str]


def baskets(lines: Sequence[tuple[int, str, int]], start: int, end: int) -> dict[int, set[str]]:
    """Return the items of each order whose lines (order, item, instant) lie in [start, end)."""
    found: dict[int, set[str]] = defaultdict(set)
    for order, item, at in lines:
        if start <= at < end:
            found[order].add(item)
    return found


def hidden_item(order: int, items: set[str]) -> str:
    """Return the item of an order whose digest, taken with the order, comes first."""
    return min(items, key=lambda i: (hashlib.md5(f"{order}\x1f{i}".encode()).hexdigest(), i))  # noqa: S324


def popularity(trained: Mapping[int, set[str]]) -> Counter[str]:
    """Return the number of orders that hold each item."""
    return Counter(item for items in trained.values() for item in items)


def ask(
    tested: Mapping[int, set[str]], rules: Sequence[Rule], best_sold: Sequence[str], top: int
) -> Found:
    """Hide one item of each order of two or more items and ask the rules for it.

    Scores of one item are added up; ties go to the better rank, then to what sold better.
    """
    ranks: dict[int, int] = {}
    shown: Counter[str] = Counter()
    for order, items in tested.items():
        if len(items) < 2:
            continue
        hidden = hidden_item(order, items)
        suggested = _suggested(items - {hidden}, rules, best_sold)[:top]
        ranks[order] = suggested.index(hidden) + 1 if hidden in suggested else 0
        shown.update(suggested)
    return Found(ranks, shown)


def _suggested(given: set[str], rules: Sequence[Rule], best_sold: Sequence[str]) -> list[str]:
    scores: Counter[str] = Counter()
    best: dict[str, int] = {}
    for left, targets in rules:
        if left <= given:
            for item, (score, rank) in targets.items():
                scores[item] += score
                best[item] = min(rank, best.get(item, rank))
    places = {item: place for place, item in enumerate(best_sold)}
    wanted = [item for item in scores if item not in given]
    return sorted(wanted, key=lambda i: (-scores[i], best[i], places.get(i, len(places)), i))
