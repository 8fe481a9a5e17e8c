"""The oracle: every table in naive plain Python, without SQL and without arrays.

Rows are dictionaries of the published columns that decide something. Slow and short on purpose.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import combinations, permutations
from operator import itemgetter
from typing import Any

from pipeline.config.customer_options import Rfm
from pipeline.config.mining_options import AlsoBought, AlsoViewed, ViewThenBought
from pipeline.mining.window import Window
from tests.reference_significance import benjamini_hochberg, holm, p_value
from tests.shops import SaleLine, Shop
from tests.tables import DAY, MINUTE

Row = dict[str, Any]
Baskets = dict[Any, dict[str, int]]
"""Basket: item: instant of its first sale or view."""
NAMELESS = ""
"""Stands for all items without a category: it makes baskets, and no pairs."""


def also_bought(shop: Shop, options: AlsoBought, window: Window, item_level: str) -> list[Row]:
    """Return the rows of `also_bought`."""
    baskets: Baskets = defaultdict(dict)
    persons = {}
    for line in shop.sale_lines:
        if not window.start <= line.at < window.end or line.item is None:
            continue
        basket = {
            "customer": line.customer,
            "customer_day": line.customer and (line.customer, line.at // DAY),
            "order": line.order,
        }[options.grain]
        if basket is not None:
            first = baskets[basket].get(line.item, line.at)
            baskets[basket][line.item] = min(first, line.at)
            persons[basket] = line.customer
    families = shop.products if item_level == "sku" else {}
    return _pairs(
        baskets, persons, families, options, min_persons=options.min_customers, after_only=False
    )


def also_viewed(shop: Shop, options: AlsoViewed, window: Window) -> list[Row]:
    """Return the rows of `also_viewed`."""
    baskets: Baskets = defaultdict(dict)
    persons = {}
    for view in shop.views:
        if not window.start <= view.at < window.end:
            continue
        by_day = (view.visitor, view.at // DAY)
        basket = view.session if options.grain == "session" else by_day
        baskets[basket][view.item] = min(baskets[basket].get(view.item, view.at), view.at)
        persons[basket] = view.visitor
    return _pairs(
        baskets,
        persons,
        {},
        options,
        min_persons=options.min_visitors,
        after_only=options.after_only,
    )


def _pairs(
    baskets: Baskets,
    persons: Mapping[Any, str | None],
    families: Mapping[str, str],
    options: AlsoBought | AlsoViewed,
    *,
    min_persons: int,
    after_only: bool,
) -> list[Row]:
    if all(person is None for person in persons.values()):
        min_persons = 0
    kept = {k: items for k, items in baskets.items() if len(items) <= options.max_basket_items}
    every_item = {item for items in kept.values() for item in items} - {NAMELESS}
    holders = {i: {basket for basket in kept if i in kept[basket]} for i in every_item}
    holders = {i: found for i, found in holders.items() if len(found) >= options.min_item_count}
    rows = []
    for a, b in permutations(holders, 2):
        together = holders[a] & holders[b]
        if after_only:
            together = {basket for basket in together if kept[basket][a] < kept[basket][b]}
        known = {persons[basket] for basket in together} - {None}
        n_a, n_b, n, joint = len(holders[a]), len(holders[b]), len(kept), len(together)
        is_family = a in families and families[a] == families.get(b)
        has_lift = Fraction(joint * n, n_a * n_b) > Fraction(str(options.min_lift))
        if (
            joint >= options.min_pair_count
            and not is_family
            and has_lift
            and len(known) >= min_persons
        ):
            people = len(known) if min_persons else None
            score = round(wilson(joint / n_a, n_a)[0] * n / n_b, 12)
            rows.append(((-score, -joint, b), (a, b, joint, n_a, n_b, n, people)))
    rows.sort(key=itemgetter(0))
    names = (*["source_item_id", "target_item_id", "joint_count", "source_count", "target_count"],
             "basket_count", "person_count")  # fmt: skip
    found = [dict(zip(names, cells, strict=True)) for _, cells in rows]
    ranked = _ranked(_significant(found, holders, families, options, after_only=after_only))
    return [row for row in ranked if row["rank"] <= options.max_targets]


def _significant(
    rows: list[Row],
    items: Iterable[str],
    families: Mapping[str, str],
    options: AlsoBought | AlsoViewed,
    *,
    after_only: bool,
) -> list[Row]:
    """Add p and q to rows and keep those with a small q; a pair is one test, or its directions."""
    choose = permutations if after_only else combinations
    candidates = [
        pair for pair in choose(sorted(items), 2)
        if pair[0] not in families or families[pair[0]] != families.get(pair[1])
    ]  # fmt: skip
    tests = {}
    for row in rows:
        key = (row["source_item_id"], row["target_item_id"])
        counts = (row["joint_count"], row["source_count"], row["target_count"])
        tests[key if after_only else tuple(sorted(key))] = p_value(*counts, row["basket_count"])
    correct = {"benjamini_hochberg": benjamini_hochberg, "holm": holm}[options.correction]
    q_values = correct(list(tests.values()), len(candidates))
    q_of = dict(zip(tests, q_values, strict=True))
    for row in rows:
        key = (row["source_item_id"], row["target_item_id"])
        key = key if after_only else tuple(sorted(key))
        row |= {"p_value": float(tests[key]), "q_value": float(q_of[key])}
    limit = 1 if options.max_q_value is None else options.max_q_value
    return [row for row in rows if row["q_value"] <= limit]


def view_then_bought(shop: Shop, options: ViewThenBought, window: Window) -> list[Row]:
    """Return the rows of `view_then_bought`."""
    views = [view for view in shop.views if window.start <= view.at < window.end]
    visitors = {view.visitor for view in views}
    orders: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in shop.sale_lines:
        if line.customer in visitors and line.item and window.start <= line.at < window.end:
            orders[line.customer][line.at].add(line.item)
    base = {
        item: Fraction(
            sum(any(item in held for held in orders[v].values()) for v in visitors), len(visitors)
        )
        for item in (shop.items if visitors else [])
    }
    rows = []
    for source in shop.items:
        closed = {}
        for visitor in visitors:
            seen = [view for view in views if (view.visitor, view.item) == (visitor, source)]
            if seen:
                first = min(view.at for view in seen)
                ends = [shop.ended_at(view.session) for view in seen if view.at == first]
                end = max(ends) + 30 * MINUTE
                if options.horizon != "session":
                    end = first + int(options.horizon) * DAY
                if end <= window.end:
                    inside = {t: held for t, held in orders[visitor].items() if first < t <= end}
                    closed[visitor] = inside
        if len(closed) >= options.min_viewers:
            rows += _source_rows(source, list(closed.values()), base, options)
    customers = set(shop.customers)
    stitched = sum(view.visitor in customers for view in views)
    return [{**row, "stitch_rate": stitched / len(views)} for row in rows]


def _source_rows(
    source: str,
    viewers: list[dict[int, set[str]]],
    base: Mapping[str, Fraction],
    options: ViewThenBought,
) -> list[Row]:
    """Return the rows of one source item; a viewer is the orders inside the horizon by instant."""
    buyers = [orders for orders in viewers if orders]
    n = max(1, len(buyers))
    bought = {source: set[int]()}
    share: defaultdict[str, Fraction] = defaultdict(Fraction)
    for buyer, orders in enumerate(buyers):
        for item in set().union(*orders.values()):
            bought.setdefault(item, set()).add(buyer)
        last = orders[max(orders)]
        for item in last:
            share[item] += Fraction(1, len(last) * n)
    ordered = sorted(bought, key=lambda t: (-share[t], -len(bought[t]), t))
    best = [target for target in ordered if target != source][: options.max_targets]
    listed = [target for target in ordered if target == source or target in best]
    unlisted = bought.keys() - set(listed)

    def row(kind: str, count: int, share: Fraction | None, target: str | None = None) -> Row:
        of_viewers = Fraction(count, len(viewers))
        return {
            "source_item_id": source, "target_kind": kind, "target_item_id": target,
            "rank": listed.index(target) + 1 if target else None,
            "n_viewers": len(viewers), "n_buyers": len(buyers), "n_target": count,
            **_of_buyers(count, len(buyers), share if buyers else None, options),
            "pct_of_viewers": float(100 * of_viewers),
            "lift_vs_base": float(of_viewers / base[target]) if target and base[target] else None,
        }  # fmt: skip

    rows = [row("own" if t == source else "item", len(bought[t]), share[t], t) for t in listed]
    others = set().union(*(bought[target] for target in unlisted))
    rows.append(row("other", len(others), sum((share[t] for t in unlisted), Fraction())))
    rows.append(row("none", len(viewers) - len(buyers), None))
    return rows


def _of_buyers(count: int, n_buyers: int, share: Fraction | None, options: ViewThenBought) -> Row:
    if share is None:
        names = ("pct_of_buyers", "pct_of_buyers_low", "pct_of_buyers_high", "pct_of_buyers_any")
        return {**dict.fromkeys(names), "displayable": False}
    low, high = wilson(float(share), n_buyers)
    return {
        "pct_of_buyers": float(100 * share),
        "pct_of_buyers_low": 100 * low,
        "pct_of_buyers_high": 100 * high,
        "pct_of_buyers_any": 100 * count / n_buyers,
        "displayable": n_buyers >= options.min_displayable_buyers
        and share >= Fraction(str(options.min_displayable_share)),
    }


def rfm_segments(shop: Shop, options: Rfm, window: Window) -> list[Row]:
    """Return the rows of `rfm_segments`."""
    lines: dict[str, list[SaleLine]] = defaultdict(list)
    for line in shop.sale_lines:
        if line.customer and window.start <= line.at < window.end:
            lines[line.customer].append(line)
    rows = [_rfm_row(customer, bought, options, window) for customer, bought in lines.items()]
    for name, sign in (("recency_days", -1), ("frequency", 1), ("monetary", 1)):
        score = name.removesuffix("_days") + "_score"
        cuts = getattr(options.thresholds, name)
        for row in rows:
            worse = sum(
                sign * other[name] < sign * row[name] for other in rows if row[name] is not None
            )
            row[score] = min(5, 1 + 5 * worse // len(rows)) if row[name] is not None else None
            if options.scoring == "thresholds":
                reached = sum(sign * row[name] >= sign * cut for cut in cuts) if cuts else None
                row[score] = None if reached is None else 1 + reached
    for row in rows:
        row["segment"] = next(
            segment.name
            for segment in options.used_segments
            if row["recency_score"] in segment.recency
            and row["frequency_score"] in segment.frequency
        )
    return rows


def _rfm_row(customer: str, lines: list[SaleLine], options: Rfm, window: Window) -> Row:
    amounts = [line.amount for line in lines if line.amount is not None]
    frequency = len({line.order for line in lines})
    net = max(0.0, float(sum(amounts))) if amounts else None
    first, last = min(line.at for line in lines), max(line.at for line in lines)
    tenure = max((window.end - first) // DAY, options.min_tenure_days)
    return {
        "customer_id": customer,
        "recency_days": (window.end - last) // DAY,
        "frequency": frequency,
        "monetary": net / frequency if net is not None and options.monetary == "mean" else net,
        "first_order_at": first,
        "last_order_at": last,
        "average_order_value": None if net is None else net / frequency,
        "customer_value": None if net is None else net * options.value_days / tenure,
    }


def item_stats(shop: Shop, window: Window) -> list[Row]:
    """Return the rows of `item_stats`."""
    sold = [line for line in shop.sale_lines if window.start <= line.at < window.end]
    has_prices = any(line.amount is not None for line in sold if line.item)
    rows = []
    for item in shop.items:
        lines = [line for line in sold if line.item == item]
        views = [v for v in shop.views if v.item == item and window.start <= v.at < window.end]
        rows.append({
            "item_id": item,
            "product_id": shop.products.get(item),
            "is_listed": item in shop.products,
            "attributes": [f"family={shop.products[item]}"] if item in shop.products else None,
            "order_count": len({line.order for line in lines}),
            "customer_count": len({line.customer for line in lines} - {None}),
            "quantity": float(sum(line.quantity for line in lines)),
            "revenue": float(sum(line.amount or 0 for line in lines)) if has_prices else None,
            "first_sold_at": min((line.at for line in lines), default=None),
            "last_sold_at": max((line.at for line in lines), default=None),
            "view_count": len(views),
            "visitor_count": len({view.visitor for view in views}),
        })  # fmt: skip
    return rows


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the Wilson interval of a share of n, z = 1.96, inside 0..1."""
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _ranked(rows: list[Row]) -> list[Row]:
    """Number the rows of each source item from 1, in the order given."""
    places: dict[str, int] = defaultdict(int)
    ranked = []
    for row in rows:
        places[row["source_item_id"]] += 1
        ranked.append({**row, "rank": places[row["source_item_id"]]})
    return ranked
