"""The oracle of what tests say of rules, in naive plain Python."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from pipeline.config.mining_options import Mining
from tests.reference import Itemset, Rule
from tests.reference_significance import benjamini_hochberg, holm, p_value

CustomerBaskets = list[tuple[set[str], str | None]]


@dataclass(frozen=True)
class Tested:
    """A rule and what is published of its tests."""

    rule: Rule
    p: float
    q: float
    is_productive: bool
    is_redundant: bool
    customer_count: int | None


def count_of(baskets: CustomerBaskets, itemset: Iterable[str]) -> int:
    """Return the number of baskets that hold an itemset."""
    return sum(items >= set(itemset) for items, _ in baskets)


def candidate_count(items: list[str], length: int, options: Mining) -> int:
    """Return the number of ways to cut every itemset of a length in two, each once."""
    return len({
        frozenset((frozenset(right), frozenset(itemset) - frozenset(right)))
        for itemset in combinations(items, length)
        for size in range(1, min(options.max_consequent_size, length - 1) + 1)
        for right in combinations(itemset, size)
        if not options.consequents or set(right) <= set(options.consequents)
        if set(options.must_contain) <= set(itemset)
    })  # fmt: skip


def tested(
    rules: Iterable[Rule], items: list[str], baskets: CustomerBaskets, options: Mining
) -> list[Tested]:
    """Return the rules that the filters keep; `items` are the frequent ones."""
    known = any(customer is not None for _, customer in baskets)
    least = options.min_customers if known else 0
    rows = [row for row in map(_Row, rules) if row.customers(baskets) >= least]
    pairs: dict[Itemset, Fraction] = {row.whole: row.p for row in rows if len(row.whole) == 2}
    correct = {"benjamini_hochberg": benjamini_hochberg, "holm": holm}[options.correction]
    adjusted = correct(list(pairs.values()), candidate_count(items, 2, options))
    q_of_pairs = dict(zip(pairs, adjusted, strict=True))
    longest = min(options.max_itemset_size, len(items))
    found = []
    for row in rows:
        budget = longest * candidate_count(items, len(row.whole), options)
        is_pair = len(row.whole) == 2
        q = q_of_pairs[row.whole] if is_pair else min(Fraction(1), row.p * budget)
        is_productive = row.largest_p(baskets) <= options.productive_level
        is_redundant = row.is_redundant(baskets)
        if options.max_q_value is not None and q > options.max_q_value:
            continue
        if options.only_productive and not is_productive:
            continue
        if options.leave_out_redundant and is_redundant:
            continue
        people = row.customers(baskets) if known else None
        found.append(Tested(row.rule, float(row.p), float(q), is_productive, is_redundant, people))
    return found


class _Row:
    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.whole: tuple[str, ...] = tuple(sorted(rule.antecedent + rule.consequent))
        counts = (rule.joint_count, rule.antecedent_count, rule.consequent_count)
        self.p = p_value(*counts, rule.basket_count)

    def customers(self, baskets: CustomerBaskets) -> int:
        """Return the distinct known customers whose baskets hold the rule."""
        return len({who for items, who in baskets if items >= set(self.whole)} - {None})

    def largest_p(self, baskets: CustomerBaskets) -> Fraction:
        """Return the largest p-value against rules of one item less on the left."""
        left, right = set(self.rule.antecedent), set(self.rule.consequent)
        found = []
        for item in left:
            holders: CustomerBaskets = [
                (items, None) for items, _ in baskets if items >= left - {item}
            ]
            counts = (count_of(holders, left | right), count_of(holders, left))
            found.append(p_value(*counts, count_of(holders, right), len(holders)))
        return max(found)

    def is_redundant(self, baskets: CustomerBaskets) -> bool:
        """Whether a rule of a part of the left side, the empty one too, is as confident."""
        left, right = self.rule.antecedent, set(self.rule.consequent)
        parts = [part for size in range(len(left)) for part in combinations(left, size)]
        joint, whole = self.rule.joint_count, self.rule.antecedent_count
        return any(
            count_of(baskets, {*part, *right}) * whole >= joint * count_of(baskets, part)
            for part in parts
        )
