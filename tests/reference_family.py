"""The oracle of the tables of how two items belong together: naive Python, slow on purpose."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations, pairwise
from math import ceil, comb, prod

from pipeline.config.family_options import (
    AttachRate,
    BoughtNext,
    FrequentlyBoughtTogether,
    RepurchaseCycle,
    Substitutes,
)
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


def order_items(shop: Shop, window: Window, most: int) -> dict[str, set[str]]:
    """Return the items of each order inside the window, giant orders left out."""
    orders: dict[str, set[str]] = defaultdict(set)
    for line in shop.sale_lines:
        if line.item and window.start <= line.at < window.end:
            orders[line.order].add(line.item)
    return {order: items for order, items in orders.items() if len(items) <= most}


def frequently_bought_together(
    shop: Shop,
    options: FrequentlyBoughtTogether,
    window: Window,
    families: Mapping[str, str],
) -> list[Row]:
    """Return the rows of `frequently_bought_together`, its sets in the fewest orders allowed."""
    orders = list(order_items(shop, window, options.max_basket_items).values())
    n = len(orders)
    counts = Counter(
        itemset
        for items in orders
        for size in range(1, options.max_set_items + 1)
        for itemset in combinations(sorted(items), size)
    )
    least = max(options.min_order_count, ceil(Fraction(str(options.min_support)) * n))
    counts = Counter({itemset: count for itemset, count in counts.items() if count >= least})
    frequent = sum(len(itemset) == 1 for itemset in counts)

    def is_fit(pair: tuple[str, str]) -> bool:
        a, b = pair
        is_lifted = counts[pair] * n > counts[a,] * counts[b,]
        return is_lifted and not (a in families and families[a] == families.get(b))

    best: dict[str, tuple[tuple[object, ...], Row]] = {}
    for itemset, together in counts.items():
        size = len(itemset)
        if size == 1 or not all(map(is_fit, combinations(itemset, 2))):
            continue
        lift = Fraction(n ** (size - 1) * together, prod(counts[item,] for item in itemset))
        for source in itemset:
            rest = tuple(item for item in itemset if item != source)
            p = fisher(together, counts[source,], counts[rest], n)
            tests = comb(frequent, size) * (1 if size == 2 else size)
            if p * tests * (options.max_set_items - 1) > (options.max_q_value or 1e9):
                continue
            low = wilson(together / counts[source,], counts[source,])[0]
            order = (-round(low * float(lift), 9), -together, size, itemset)
            row = {
                "source_item_id": source, "items": list(itemset), "order_count": together,
                "source_count": counts[source,], "basket_count": n,
            }  # fmt: skip
            best[source] = min(best.get(source, (order, row)), (order, row), key=lambda r: r[0])
    return [row for _, row in best.values()]


def viewed_not_bought(shop: Shop, min_views: int, windows: tuple[Window, Window]) -> list[Row]:
    """Return the rows of `viewed_not_bought`."""
    viewing, buying = windows
    seen = defaultdict(list)
    for view in shop.views:
        if view.visitor in shop.customers and viewing.start <= view.at < viewing.end:
            seen[view.visitor, view.item].append(view)
    bought = {(s.customer, s.item) for s in shop.sale_lines if buying.start <= s.at < viewing.end}
    return [
        {
            "customer_id": customer, "item_id": item, "view_count": len(views),
            "session_count": len({view.session for view in views}),
        }
        for (customer, item), views in seen.items()
        if len(views) >= min_views and (customer, item) not in bought
    ]  # fmt: skip


def attach_rate(
    shop: Shop, options: AttachRate, window: Window, categories: Mapping[str, str]
) -> list[Row]:
    """Return the rows of `attach_rate`; months are those of UTC from 1970-01 on."""
    orders = order_items(shop, window, options.max_basket_items)
    month = {line.order: 1 + line.at // DAY // 31 for line in shop.sale_lines}  # up to day 58
    rows = []
    for source in shop.items:
        with_source = {o for o, items in orders.items() if source in items}
        if len(with_source) < options.min_order_count:
            continue
        found = []
        for category in set(categories.values()):
            members = {item for item, own in categories.items() if own == category}
            held = {o for o, items in orders.items() if members & items}
            attached = {o for o in with_source if members & (orders[o] - {source})}
            if len(attached) >= options.min_attached_count:
                low = wilson(len(attached) / len(with_source), len(with_source))[0]
                score = low * len(orders) / len(held)
                found.append((-round(score, 9), -len(attached), category, attached))
        best = sorted(found)[: options.max_categories]
        rows += [
            {
                "source_item_id": source, "category": category, "month": f"1970-{at:02}",
                "order_count": sum(month[o] == at for o in with_source),
                "attached_count": sum(month[o] == at for o in attached),
                "category_rank": rank, "total_order_count": len(with_source),
                "total_attached_count": len(attached),
            }
            for rank, (_, _, category, attached) in enumerate(best, start=1)
            for at in sorted({month[order] for order in with_source})
        ]  # fmt: skip
    return rows


def substitutes(
    shop: Shop, options: Substitutes, window: Window, switched: Mapping[tuple[str, str], Row]
) -> list[Row]:
    """Return the rows of `substitutes` without their ranks.

    Args:
        shop: Views and sale lines.
        options: Thresholds.
        window: Views and sale lines inside it count.
        switched: Rows of the oracle of `view_then_bought` by source and target, none left out.
    """
    sessions: dict[str, set[str]] = defaultdict(set)
    visitors = {}
    for view in shop.views:
        if window.start <= view.at < window.end:
            sessions[view.session].add(view.item)
            visitors[view.session] = view.visitor
    most = options.max_session_items
    sessions = {s: items for s, items in sessions.items() if len(items) <= most}
    orders = list(order_items(shop, window, options.max_basket_items).values())
    rows = []
    for (source, target), row in switched.items():
        together = {s for s, items in sessions.items() if {source, target} <= items}
        n_a, n_b = (sum(item in order for order in orders) for item in (source, target))
        joint = sum({source, target} <= order for order in orders)
        people = {visitors[session] for session in together}
        p = fisher(n_a - joint, n_a, len(orders) - n_b, len(orders)) if orders else 1
        if (
            source != target
            and len(people) >= options.min_visitors
            and joint * len(orders) < n_a * n_b
            and p <= (options.max_p_value or 1)
            and row["pct_of_buyers"]
            and row["pct_of_buyers"] >= 100 * options.min_buyer_share - 1e-9
        ):
            rows.append({
                **row, "session_count": len(together), "visitor_count": len(people),
                "order_count": joint, "source_order_count": n_a, "target_order_count": n_b,
                "basket_count": len(orders), "p_value": p,
            })  # fmt: skip
    return rows


def fisher(joint: int, left: int, right: int, n: int) -> float:
    """Return the chance of so many or more together, were left and right independent."""
    ways = (comb(right, k) * comb(n - right, left - k) for k in range(joint, min(left, right) + 1))
    return float(Fraction(sum(ways), comb(n, left)))


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
