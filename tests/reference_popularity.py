"""The oracle of `popular_items`: naive Python, slow on purpose."""

from collections.abc import Mapping

from pipeline.config.serving_options import Serving
from pipeline.mining.window import Window
from tests.reference_tables import Row
from tests.shops import SaleLine, Shop
from tests.tables import DAY


def popular_items(
    shop: Shop, options: Serving, window: Window, segments: Mapping[str, str]
) -> list[Row]:
    """Return the rows of `popular_items`; segments are those of customers."""
    audiences = {"everyone": shop.sale_lines}
    for segment in segments.values():
        audiences[segment] = tuple(
            line for line in shop.sale_lines if segments.get(line.customer or "") == segment
        )
    first = min((line.at for line in shop.sale_lines), default=None)
    rows = []
    for audience, lines in audiences.items():
        found = _rows(lines, options, window, first)
        for rank, row in enumerate(found, start=1):
            category = shop.categories.get(row["item_id"])
            alike = [one for one in found[:rank] if shop.categories.get(one["item_id"]) == category]
            row["customer_segment"], row["segment_rank"] = audience, rank
            row["category_rank"] = len(alike) if category else None
        rows += found if audience == "everyone" else found[: options.segment_items]
    return rows


def _rows(
    lines: tuple[SaleLine, ...], options: Serving, window: Window, first: int | None
) -> list[Row]:
    """Return the items of an audience, the best seller first."""
    step = options.relations.trending.days * DAY
    spans = {
        "window": (window.start, window.end),
        "recent": (window.end - step, window.end),
        "previous": (window.end - 2 * step, window.end - step),
    }
    rows = []
    for item in {line.item for line in lines if line.item}:
        own = [line for line in lines if line.item == item]
        inside = {
            name: [line for line in own if start <= line.at < end]
            for name, (start, end) in spans.items()
        }
        if not any(inside.values()):
            continue
        orders = {name: len({line.order for line in found}) for name, found in inside.items()}
        reaches_back = first is not None and first < window.end - 2 * step + DAY
        rows.append({
            "item_id": item,
            "order_count": orders["window"],
            "customer_count": len({line.customer for line in inside["window"] if line.customer}),
            "quantity": float(sum(line.quantity for line in inside["window"])),
            "recent_order_count": orders["recent"],
            "previous_order_count": orders["previous"] if reaches_back else None,
        })  # fmt: skip
    return sorted(
        rows, key=lambda row: (-row["order_count"], -row["customer_count"], row["item_id"])
    )
