"""The oracle of campaigns: naive Python, whole numbers and fractions, slow on purpose."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import exp2, floor

from pipeline.config.campaign_options import Campaign, Campaigns
from tests.reference_tables import Row
from tests.shops import Shop
from tests.tables import DAY

KNOWN = {"viewed_not_bought": "view_then_bought", "repurchase_due": "repurchase_cycle"}


@dataclass(frozen=True)
class Known:
    """What a run knows when campaigns are made: rows of its tables, and of the files.

    Attributes:
        as_of: Midnight, in microseconds.
        rows: Rows of the mined tables, by table.
        consents: Who has consented.
        contacts: Customer, instant and campaign ('' for any) of each contact.
        prices: Price of an item.
        stocks: Stock of an item.
    """

    as_of: int
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    consents: frozenset[str] = frozenset()
    contacts: Sequence[tuple[str, int, str]] = ()
    prices: Mapping[str, int | None] = field(default_factory=dict)
    stocks: Mapping[str, int] = field(default_factory=dict)


def campaign_targets(
    shop: Shop, options: Campaigns, known: Known
) -> tuple[list[Row], dict[str, int]]:
    """Return the rows of `campaign_targets`, and the offers left out by reason."""
    left_out: dict[str, int] = {}
    good = []
    for offer in candidates(shop, options, known):
        if reason := reason_against(offer, shop, options, known):
            left_out[reason] = left_out.get(reason, 0) + 1
        else:
            good.append(offer)
    places = {one.name: place for place, one in enumerate(options.planned)}
    good.sort(key=lambda o: (-o["units"], -o["joint_count"], places[o["campaign"]], o["item_id"]))
    rows: list[Row] = []
    for offer in good:
        same = [row for row in rows if row["customer_id"] == offer["customer_id"]]
        if offer["item_id"] in {row["item_id"] for row in same}:
            left_out["repeated"] = left_out.get("repeated", 0) + 1
        else:
            rows.append({**offer, "offer_rank": len(same) + 1, "arm": arm(offer, options)})
    kept = [row for row in rows if row["offer_rank"] <= options.max_offers]
    if len(kept) < len(rows):
        left_out["over_cap"] = len(rows) - len(kept)
    return kept, left_out


def arm(offer: Row, options: Campaigns) -> str:
    text = "\x1f".join([offer["campaign"], offer["customer_id"], options.salt])
    share = Fraction(
        int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:8], 16), 1 << 32
    )
    return "control" if share < Fraction(str(options.control_share)) else "treated"


def candidates(shop: Shop, options: Campaigns, known: Known) -> list[Row]:
    """Return every campaign, customer and item that evidence speaks for, scored."""
    makers = {
        "cross_sell": cross_sell,
        "viewed_not_bought": viewed_not_bought,
        "repurchase_due": repurchase_due,
    }
    return [
        {**offer, "campaign": one.name, "units": offer["share"] * offer["timing"] * recency}
        for one in options.planned
        for offer in makers[one.kind](one, shop, options, known)
        for recency in [recency_of(offer, shop, options, known)]
    ]


def cross_sell(one: Campaign, shop: Shop, options: Campaigns, known: Known) -> list[Row]:
    start = 0 if options.lookback_days is None else known.as_of - options.lookback_days * DAY
    found: dict[tuple[str, str], list[Row]] = {}
    codes = {item: code for code, item in enumerate(shop.items)}
    for table in ("bought_next", "also_bought"):
        for link in known.rows.get(table, ()):
            source, target = link["source_item_id"], link["target_item_id"]
            if link["q_value"] > options.max_q_value or not _in(one.owners, source):
                continue
            if source not in codes or target not in codes or not _in(one.offered, target):
                continue
            for customer in shop.customers:
                days = [
                    line.at // DAY
                    for line in shop.sale_lines
                    if (line.customer, line.item) == (customer, source)
                    and start <= line.at < known.as_of
                ]
                if days:
                    sold = customer, target, known.as_of // DAY - min(days)
                    offer = _offer(sold, table, link, options.prior_customers)
                    offer["code"] = -codes[source]
                    found.setdefault((customer, target), []).append(offer)
    best = []
    for offers in found.values():
        nexts = {o["source_item_id"] for o in offers if o["evidence"] == "bought_next"}
        preferred = [
            o for o in offers if o["evidence"] == "bought_next" or o["source_item_id"] not in nexts
        ]
        best.append(
            max(preferred, key=lambda o: (o["share"] * o["timing"], o["joint_count"], o["code"]))
        )
    return best


def _offer(sold: tuple[str, str, int], table: str, link: Row, prior: int) -> Row:
    """Return what a link says of a customer, an item and the days since the purchase."""
    joint, source = link["joint_count"], link["source_count"]
    if table == "bought_next":
        everybody = Fraction(link["baseline_target_count"], link["baseline_count"])
        low, high = link["gap_lower_days"], link["gap_upper_days"]
    else:
        everybody = Fraction(link["target_count"], link["basket_count"])
        low, high = 0, 10**9
    return {
        "customer_id": sold[0], "item_id": sold[1], "evidence": table, "days_since": sold[2],
        "source_item_id": link["source_item_id"], "joint_count": joint, "evidence_count": source,
        "share": floor(10**8 * (joint + prior * everybody) / (source + prior)),
        "timing": timing(sold[2], low, high),
    }  # fmt: skip


def timing(since: int, low: int, high: int) -> int:
    """Return the weight of a number of days in 1/100,000."""
    if since < low:
        return floor(Fraction(100_000 * (since + 1), low + 1))
    return floor(Fraction(100_000 * (high + 1), since + 1)) if since > high else 100_000


def viewed_not_bought(one: Campaign, shop: Shop, options: Campaigns, known: Known) -> list[Row]:
    bought = {
        row["source_item_id"]: (row["n_target"], row["n_viewers"])
        for row in known.rows["view_then_bought"]
        if row["target_kind"] == "own"
    }
    everybody = [sum(counts) for counts in zip(*bought.values(), strict=True)] or [0, 0]
    offers = []
    for row in known.rows["viewed_not_bought"]:
        if row["item_id"] in shop.items and _in(one.offered, row["item_id"]):
            counts = bought.get(row["item_id"], (0, 0))
            offers.append({
                "customer_id": row["customer_id"], "item_id": row["item_id"],
                "evidence": "view_then_bought", "source_item_id": None,
                "joint_count": counts[0], "evidence_count": counts[1],
                "days_since": (known.as_of - row["last_viewed_at"]) // DAY,
                "share": _drawn_share(counts, everybody, options), "timing": 100_000,
            })  # fmt: skip
    return offers


def _drawn_share(counts: Sequence[int], everybody: Sequence[int], options: Campaigns) -> int:
    prior = options.prior_customers
    if not everybody[1] or not counts[1] + prior:
        return 0
    mean = Fraction(everybody[0], everybody[1])
    return floor(10**8 * (counts[0] + prior * mean) / (counts[1] + prior))


def repurchase_due(one: Campaign, shop: Shop, options: Campaigns, known: Known) -> list[Row]:
    cycles = known.rows["repurchase_cycle"]
    everybody = [sum(row[n] for row in cycles) for n in ("customer_count", "buyer_count")]
    offers = []
    for row in cycles:
        for customer in shop.customers:
            days = [
                line.at // DAY
                for line in shop.sale_lines
                if (line.customer, line.item) == (customer, row["item_id"])
                and line.at < known.as_of
            ]
            since = known.as_of // DAY - max(days, default=-(10**6))
            low, high = row["gap_lower_days"], row["gap_upper_days"]
            is_due = low <= since <= high + options.max_overdue_days
            if is_due and _in(one.offered, row["item_id"]):
                counts = row["customer_count"], row["buyer_count"]
                offers.append({
                    "customer_id": customer, "item_id": row["item_id"],
                    "evidence": "repurchase_cycle", "source_item_id": None,
                    "joint_count": counts[0], "evidence_count": counts[1], "days_since": since,
                    "share": _drawn_share(counts, everybody, options),
                    "timing": timing(since, low, high),
                })  # fmt: skip
    return offers


def recency_of(offer: Row, shop: Shop, options: Campaigns, known: Known) -> int:
    days = offer["days_since"]
    if offer["evidence"] != "view_then_bought":
        own = [s.at // DAY for s in shop.sale_lines if s.customer == offer["customer_id"]]
        days = known.as_of // DAY - max(day for day in own if day < known.as_of // DAY)
    return floor(100_000 * exp2(-days / options.half_life_days))


def reason_against(offer: Row, shop: Shop, options: Campaigns, known: Known) -> str | None:
    """Return the first reason that leaves an offer out."""
    customer, item = offer["customer_id"], offer["item_id"]
    own = [s for s in shop.sale_lines if s.customer == customer and s.at < known.as_of]
    families = {shop.products.get(str(s.item), s.item) for s in own if s.item}
    cool = known.as_of - options.cooling_off_days * DAY
    names = {"", offer["campaign"]}
    lately = [
        who
        for who, at, campaign in known.contacts
        if who == customer
        and cool < at < known.as_of
        and (options.cooling_off_of == "any_campaign" or campaign in names)
    ]
    if customer not in known.consents:
        return "no_consent"
    if offer["evidence"].endswith(("next", "also_bought")) and (
        shop.products.get(item, item) in families
    ):
        return "already_owned"
    if lately:
        return "cooling_off"
    if known.stocks.get(item, 7) == 0 and not options.out_of_stock:
        return "out_of_stock"
    most = _highest_price(len({s.order for s in own}), options)
    price = known.prices.get(item, 5)
    return "over_price" if most is not None and (price is None or price > most) else None


def _highest_price(orders: int, options: Campaigns) -> float | None:
    steps = [s.max_price for s in options.price_ladder if s.min_orders <= max(orders, 1)]
    return steps[-1] if steps else None


def _in(named: Sequence[str], item: str) -> bool:
    return not named or item in named
