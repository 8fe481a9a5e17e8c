"""The oracle of the tables of how two items belong together: naive Python, slow on purpose."""

from collections import defaultdict
from fractions import Fraction
from itertools import pairwise
from math import ceil, comb

from pipeline.config.family_options import BoughtNext, RepurchaseCycle
from pipeline.mining.window import Window
from tests.reference_tables import Row, wilson
from tests.shops import Shop
from tests.tables import DAY

DaysOfItems = dict[str, dict[str, set[int]]]
"""Customer: item: days on which it was bought."""


def days_of_items(shop: Shop, window: Window) -> DaysOfItems:
    """Return the days on which each known customer bought each item inside the window."""
    days: DaysOfItems = defaultdict(lambda: defaultdict(set))
    for line in shop.sale_lines:
        if line.customer and line.item and window.start <= line.at < window.end:
            days[line.customer][line.item].add(line.at // DAY)
    return days


def bought_next(shop: Shop, options: BoughtNext, window: Window) -> list[Row]:
    """Return the rows of `bought_next`; days are those of UTC."""
    everybody = days_of_items(shop, window)
    most = options.max_customer_items
    people = [items for items in everybody.values() if len(items) <= most]
    items = {item for person in people for item in person}

    def is_over(day: int) -> bool:
        return (day + options.max_gap_days + 1) * DAY <= window.end // DAY * DAY

    def gap(person: dict[str, set[int]], day: int, target: str) -> int | None:
        later = [d - day for d in person.get(target, ()) if 0 < d - day <= options.max_gap_days]
        return min(later, default=None)

    def gaps(source: str, target: str) -> list[int]:
        firsts = [(person, min(person[source])) for person in people if source in person]
        found = [gap(person, day, target) for person, day in firsts if is_over(day)]
        return sorted(days for days in found if days is not None)

    base = [(p, min(min(days) for days in p.values())) for p in people]
    base = [(person, day) for person, day in base if is_over(day)]
    n_base = {b: sum(gap(person, day, b) is not None for person, day in base) for b in items}
    n_source = {a: sum(a in p and is_over(min(p[a])) for p in people) for a in items}
    sources = [a for a in items if n_source[a] >= options.min_item_count]
    targets = [b for b in items if n_base[b] >= options.min_item_count]
    candidates = [(a, b) for a in sources for b in targets if a != b]
    rows = []
    for a, b in candidates:
        found, share = gaps(a, b), Fraction(n_base[b], len(base))
        if len(found) >= options.min_pair_count:
            low, high = wilson(len(found) / n_source[a], n_source[a])
            back = len(gaps(b, a))
            rows.append({
                "source_item_id": a, "target_item_id": b, "joint_count": len(found),
                "source_count": n_source[a], "baseline_target_count": n_base[b],
                "baseline_count": len(base), "confidence_low": low, "confidence_high": high,
                "lift_fraction": Fraction(len(found), n_source[a]) / share,
                "lift_low": low / float(share),
                "p_value": upper_tail(len(found), n_source[a], share),
                "reverse_count": back,
                "direction_p_value": upper_tail(len(found), len(found) + back, Fraction(1, 2)),
                **quartiles(found),
            })  # fmt: skip
    for row in rows:
        row["q_value"] = q_value(row["p_value"], [r["p_value"] for r in rows], len(candidates))
    rows = [
        {**row, "lift": float(row["lift_fraction"])}
        for row in rows
        if row["lift_fraction"] > Fraction(str(options.min_lift))
        and row["q_value"] <= (options.max_q_value or 1)
    ]
    rows.sort(key=lambda r: (-round(r["lift_low"], 12), -r["joint_count"], r["target_item_id"]))
    return [row for row in ranked(rows) if row["rank"] <= options.max_targets]


def repurchase_cycle(shop: Shop, options: RepurchaseCycle, window: Window) -> list[Row]:
    """Return the rows of `repurchase_cycle`."""
    people = days_of_items(shop, window).values()
    rows = []
    for item in shop.items:
        buyers = [sorted(person[item]) for person in people if item in person]
        gaps = sorted(late - soon for days in buyers for soon, late in pairwise(days))
        again = sum(len(days) > 1 for days in buyers)
        if len(gaps) >= options.min_gap_count and again >= options.min_customers:
            rows.append({
                "item_id": item, "gap_count": len(gaps), "customer_count": again,
                "buyer_count": len(buyers), "repeat_share": again / len(buyers), **quartiles(gaps),
            })  # fmt: skip
    return rows


def quartiles(gaps: list[int]) -> Row:
    """Return the smallest gaps that a quarter, a half and three quarters of all do not exceed."""
    names = ("gap_lower_days", "gap_median_days", "gap_upper_days")
    return {name: gaps[ceil(len(gaps) * q / 4) - 1] for q, name in enumerate(names, start=1)}


def upper_tail(successes: int, trials: int, share: Fraction) -> float:
    """Return the chance of so many successes or more."""
    chances = (
        comb(trials, k) * share**k * (1 - share) ** (trials - k)
        for k in range(successes, trials + 1)
    )
    return float(sum(chances))


def q_value(p: float, others: list[float], hypothesis_count: int) -> float:
    """Return the Benjamini-Hochberg q-value: over all thresholds from p on, the least."""
    return min(
        1.0,
        *(t * hypothesis_count / sum(o <= t for o in others) for t in others if t >= p),
    )


def ranked(rows: list[Row]) -> list[Row]:
    """Number the rows of each source item from 1, in the order given."""
    places: dict[str, int] = defaultdict(int)
    numbered = []
    for row in rows:
        places[row["source_item_id"]] += 1
        numbered.append({**row, "rank": places[row["source_item_id"]]})
    return numbered
