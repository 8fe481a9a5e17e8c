"""The oracle of the kinds of links: naive Python, slow on purpose."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from pipeline.config.family_options import AssociationKind
from pipeline.mining.window import Window
from tests.reference_family import days_of_items, fisher, order_items
from tests.reference_tables import Row
from tests.shops import Shop


def association_kind(
    shop: Shop,
    options: AssociationKind,
    window: Window,
    *,
    linked: Iterable[frozenset[str]],
    following: Iterable[Row],
    stronger: Iterable[Row],
) -> list[Row]:
    """Return the rows of `association_kind`.

    Args:
        shop: Sale lines.
        options: Cuts of the decision table.
        window: Sale lines inside it count.
        linked: Pairs of `also_bought`.
        following: Rows of `bought_next`.
        stronger: Rows of `context_rules`.
    """
    nexts: dict[frozenset[str], list[Row]] = defaultdict(list)
    for step in following:
        nexts[frozenset((step["source_item_id"], step["target_item_id"]))].append(step)
    contexts: dict[frozenset[str], list[Row]] = defaultdict(list)
    for part in stronger:
        is_stronger = part["lift"] > 1 and part["difference"] > 0
        if is_stronger and part["q_value"] <= options.max_context_q_value:
            contexts[frozenset((*part["antecedent"], *part["consequent"]))].append(part)
    orders = order_items(shop, window, options.max_basket_items)
    people = {customer: set(days) for customer, days in days_of_items(shop, window).items()}
    customer_of = {line.order: line.customer for line in shop.sale_lines}
    rows = []
    for pair in {*linked, *nexts}:
        left, right = sorted(pair)
        with_both = [order for order, items in orders.items() if pair <= items]
        n_left, n_right = (sum(one in items for items in orders.values()) for one in (left, right))
        joint, n = len(with_both), len(orders)
        owners = {customer for customer, items in people.items() if pair <= items}
        same = owners & {customer_of[order] for order in with_both}
        each = [sum(one in items for items in people.values()) for one in (left, right)]
        later = sorted(
            nexts[pair],
            key=lambda r: (r["direction_p_value"], -r["joint_count"], r["source_item_id"]),
        )
        where = sorted(contexts[pair], key=lambda r: r["rank"])
        row: Row = {
            "left_item_id": left, "right_item_id": right, "order_count": joint,
            "left_order_count": n_left, "right_order_count": n_right, "basket_count": n,
            "order_lift": ratio(joint * n, n_left * n_right),
            "order_p_value": fisher(joint, n_left, n_right, n) if n else 1.0,
            "left_share": ratio(joint, n_left), "right_share": ratio(joint, n_right),
            "joint_customer_count": len(owners) if people else None,
            "customer_lift": ratio(len(owners) * len(people), each[0] * each[1]),
            "same_order_customer_count": len(same) if people else None,
            "same_order_share": ratio(len(same), len(owners)),
            "earlier_item_id": later[0]["source_item_id"] if later else None,
            "next_customer_count": later[0]["joint_count"] if later else None,
            "gap_median_days": later[0]["gap_median_days"] if later else None,
            "direction_p_value": later[0]["direction_p_value"] if later else None,
            "context": where[0]["context"] if where else None,
            "context_value": where[0]["value"] if where else None,
            "context_q_value": where[0]["q_value"] if where else None,
        }  # fmt: skip
        rows.append({**row, "kind": kind(row, options)})
    return rows


def kind(row: Row, options: AssociationKind) -> str:
    """Return the kind of a link, by every row of the decision table that could fit."""
    lift, order_p = row["order_lift"], row["order_p_value"]
    together = (
        row["order_count"] >= options.min_order_count
        and lift is not None and lift > options.min_order_lift
        and order_p <= options.max_order_p_value
    )  # fmt: skip
    shares = [share for share in (row["left_share"], row["right_share"]) if share is not None]
    direction, same = row["direction_p_value"], row["same_order_share"]
    attached = any(share >= options.min_attached_share for share in shares)
    ordered = direction is not None and direction <= options.max_direction_p_value
    ordered = ordered and same is not None and same <= options.max_same_order_share
    if together and attached:
        return "must_go_with"
    if ordered:
        return "before_after"
    if row["context"] is not None:
        return "place" if row["context"] in options.place_contexts else "context"
    return "same_scene" if together else "same_audience"


def ratio(part: int, whole: int) -> float | None:
    """Return part / whole, None without a whole."""
    return float(Fraction(part, whole)) if whole else None
