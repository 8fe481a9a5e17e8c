"""The oracle: itemsets, rules and measures in naive plain Python, without SQL and without arrays.

Slow and short on purpose; `reference_tables.py` holds the other tables.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import ceil, log, sqrt

from pipeline.config.mining_options import Mining
from pipeline.mining.window import Window
from tests.shops import Shop
from tests.tables import DAY

Itemset = tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """A rule and its four counts."""

    antecedent: Itemset
    consequent: Itemset
    joint_count: int
    antecedent_count: int
    consequent_count: int
    basket_count: int


def baskets_of(shop: Shop, options: Mining, window: Window) -> list[set[str]]:
    """Return the baskets of a shop, giant ones left out."""
    return [items for items, _ in customer_baskets(shop, options, window)]


def customer_baskets(
    shop: Shop, options: Mining, window: Window
) -> list[tuple[set[str], str | None]]:
    """Return the baskets of a shop with their customers, giant ones left out."""
    baskets: dict[object, tuple[set[str], str | None]] = {}
    for line in shop.sale_lines:
        if line.item is None or not window.start <= line.at < window.end:
            continue
        key: object = line.order
        if options.grain != "order":
            if line.customer is None:
                continue
            day = line.at // DAY if options.grain == "customer_day" else 0
            key = (line.customer, day)
        baskets.setdefault(key, (set(), line.customer))[0].add(line.item)
    return [found for found in baskets.values() if len(found[0]) <= options.max_basket_items]


def min_count_of(options: Mining, basket_count: int) -> int:
    """Return the smallest number of baskets that is at least the asked share of all."""
    if options.min_count is not None:
        return options.min_count
    return max(1, ceil(Fraction(str(options.min_support)) * basket_count))


def itemsets(baskets: Iterable[set[str]], min_count: int, max_size: int) -> dict[Itemset, int]:
    """Return every itemset in enough baskets, by counting the subsets of every basket."""
    counts: dict[Itemset, int] = {}
    for basket in baskets:
        for size in range(1, min(max_size, len(basket)) + 1):
            for itemset in combinations(sorted(basket), size):
                counts[itemset] = counts.get(itemset, 0) + 1
    return {itemset: count for itemset, count in counts.items() if count >= min_count}


def target_itemsets(counts: dict[Itemset, int], options: Mining) -> dict[Itemset, int]:
    """Return what is published of the frequent itemsets of every size."""
    sets = {frozenset(itemset): count for itemset, count in counts.items()}

    def is_target(itemset: Itemset) -> bool:
        larger = [count for other, count in sets.items() if other > set(itemset)]
        if options.target == "closed":
            return all(count < counts[itemset] for count in larger)
        return options.target == "frequent" or not larger

    return {
        itemset: count
        for itemset, count in counts.items()
        if len(itemset) <= options.max_itemset_size
        and set(options.must_contain) <= set(itemset)
        and is_target(itemset)
    }


def rules(counts: dict[Itemset, int], options: Mining, basket_count: int) -> Iterator[Rule]:
    """Yield the rules that reach the smallest confidence and lift."""
    for itemset, joint in counts.items():
        for size in range(1, min(options.max_consequent_size, len(itemset) - 1) + 1):
            for right in combinations(itemset, size):
                if options.consequents and not set(right) <= set(options.consequents):
                    continue
                left = tuple(item for item in itemset if item not in right)
                confidence = Fraction(joint, counts[left])
                lift = confidence * Fraction(basket_count, counts[right])
                if confidence < Fraction(str(options.min_confidence)):
                    continue
                if lift >= Fraction(str(options.min_lift)):
                    yield Rule(left, right, joint, counts[left], counts[right], basket_count)


def measures(joint: int, left: int, right: int, n: int) -> dict[str, float | None]:
    """Return every measure of a rule from the four counts, by the formulas as they are printed."""
    s_a, s_b, s_ab = Fraction(left, n), Fraction(right, n), Fraction(joint, n)
    confidence = Fraction(joint, left)
    leverage = s_ab - s_a * s_b
    spread = max(s_ab * (1 - s_a), s_a * (s_b - s_ab))
    conviction = (1 - s_b) / (1 - confidence) if joint < left else None
    low, high = wilson(joint, left)
    return {
        "support": float(s_ab),
        "confidence": float(confidence),
        "lift": float(confidence / s_b),
        "leverage": float(leverage),
        "conviction": float(conviction) if conviction is not None else None,
        "zhang": float(leverage / spread) if spread > 0 else 0.0,
        "jaccard": joint / (left + right - joint),
        "cosine": joint / sqrt(left * right),
        "kulczynski": (joint / left + joint / right) / 2,
        "imbalance": abs(left - right) / (left + right - joint),
        "confidence_low": low,
        "confidence_high": high,
        "lift_low": low / float(s_b),
        "log_likelihood": log_likelihood(joint, left, right, n),
    }


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Return the Wilson interval of a share, z = 1.96."""
    z, share = 1.96, part / whole
    middle = share + z**2 / (2 * whole)
    reach = z * sqrt(share * (1 - share) / whole + z**2 / (4 * whole**2))
    return (middle - reach) / (1 + z**2 / whole), (middle + reach) / (1 + z**2 / whole)


def log_likelihood(joint: int, left: int, right: int, n: int) -> float:
    """Return 2 sum O ln(O / E), negative where the pair is rarer than expected."""
    cells = (
        (joint, left, right),
        (left - joint, left, n - right),
        (right - joint, n - left, right),
        (n - left - right + joint, n - left, n - right),
    )
    total = sum(o * log(o * n / (row * column)) for o, row, column in cells if o > 0)
    return 2 * total if joint * n >= left * right else -2 * total


def rank(found: Iterable[Rule]) -> list[Rule]:
    """Return rules from the best to the worst: lift_low, joint count, short sides, item ids."""

    def key(rule: Rule) -> tuple[object, ...]:
        low, _ = wilson(rule.joint_count, rule.antecedent_count)
        lift_low = low * rule.basket_count / rule.consequent_count
        # Twelve digits: equal counts give equal scores, whatever the order of the arithmetic.
        left, right = rule.antecedent, rule.consequent
        score = float(f"{lift_low:.12g}")
        return -score, -rule.joint_count, len(left), left, len(right), right

    return sorted(found, key=key)
