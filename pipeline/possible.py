"""Which tables a configuration asks for, and which of them its input can give."""

from collections.abc import Container, Sequence

from pipeline import names
from pipeline.config.model import Config
from pipeline.io.read import effective_orders
from pipeline.serving.setting import TABLES_READ

ALWAYS_WRITTEN = ("quarantine", "run_summary")
_BUILT_WITH = {
    "frequent_itemsets": "association_rules",
    "rfm_cuts": "rfm_segments",
    "interest_clusters": "customer_interests",
    "recommendation_lists": "recommendations",
    "cart_pairs": "recommendations",
}
"""Tables that the stage of another one builds: whatever stands against that stands against them."""
_BOUGHT = ("also_bought", "also_bought_product", "also_bought_category")
_FAMILY = (
    "bought_next",
    "repurchase_cycle",
    "substitutes",
    "frequently_bought_together",
    "viewed_not_bought",
    "attach_rate",
)


def wanted_tables(config: Config) -> list[str]:
    """Return the mined tables that are to be published, in the order of `names.TABLES`.

    Tables that an option switches on are wanted where it does, or where they are named.
    """
    off = _switched_off(config)
    tables = config.output.tables or [name for name in names.TABLES if _stage_of(name) not in off]
    return [name for name in names.TABLES if name in tables and name not in ALWAYS_WRITTEN]


def stages_of(wanted: Sequence[str]) -> list[str]:
    """Return the stages that build the wanted tables: itemsets with the rules, if these are."""
    stages = dict.fromkeys(_stage_of(name) for name in wanted)
    if "association_rules" in wanted:
        return list(stages)
    alone = {"association_rules": "frequent_itemsets"}
    return [alone.get(stage, stage) for stage in stages]


def reasons_against(config: Config) -> dict[str, str]:
    """Return the wanted tables that this input cannot give, with the reason."""
    columns = effective_orders(config).columns
    reasons = _switched_off(config)
    known = config.catalogue.columns if config.catalogue else {}
    if "category" not in known:
        for table in ("customer_interests", "attach_rate", "also_bought_category"):
            reasons.setdefault(table, "the catalogue has no category")
    if "product_id" not in known:
        reasons["also_bought_product"] = "the catalogue has no product_id"
    reasons |= _already_there(config)
    if "customer_id" not in columns:
        reasons |= _without_customers(config)
    if "item_id" not in columns:
        rules = ("association_rules", *_BOUGHT, "view_then_bought")
        needy = (*rules, *_FAMILY, "customer_interests", "item_stats")
        served = ("popular_items", "recommendations", "campaign_targets", "bundles")
        reasons |= dict.fromkeys((*needy, *served), "orders have no item_id")
    if config.events is None:
        no_log = "there is no browse log"
        viewing = ("also_viewed", "view_then_bought", "substitutes", "viewed_not_bought")
        reasons |= dict.fromkeys(viewing, no_log)
    if no_rules := _without_rules(config, wanted_tables(config), reasons):
        reasons.setdefault("context_rules", no_rules)
    links = ("also_bought", "bought_next")
    if all(table in reasons or table not in wanted_tables(config) for table in links):
        reasons["association_kind"] = "it needs the table also_bought or bought_next"
    if missing := _without_evidence(config, [t for t in wanted_tables(config) if t not in reasons]):
        reasons.setdefault("campaign_targets", missing)
    reasons |= {name: reasons[stage] for name, stage in _BUILT_WITH.items() if stage in reasons}
    return {name: reasons[name] for name in wanted_tables(config) if name in reasons}


def tables_for_lists(config: Config) -> list[str]:
    """Return the mined tables that ready lists are made of, as far as the input gives them."""
    output = config.output.model_copy(update={"tables": list(TABLES_READ)})
    asked = config.model_copy(update={"output": output})
    return [name for name in TABLES_READ if name not in reasons_against(asked)]


def has_substitutes(config: Config) -> bool:
    """Return whether the input tells which items replace each other."""
    columns = effective_orders(config).columns
    return config.events is not None and {"customer_id", "item_id"} <= set(columns)


def _stage_of(table: str) -> str:
    return _BUILT_WITH.get(table, table)


def _switched_off(config: Config) -> dict[str, str]:
    """Return the tables that need an option which is not set, with the reason."""
    options = {
        "customer_interests": ("interests.clusters", config.interests.clusters),
        "context_rules": ("context.by", config.context.by),
        "popular_items": ("serving.placements", config.serving.placements),
        "campaign_targets": ("campaigns.planned", config.campaigns.planned),
        "bundles": ("bundles.kinds", config.bundles.kinds),
        "recommendations": ("serving.placements", config.serving.placements),
    }
    return {table: f"{key} is not set" for table, (key, value) in options.items() if not value}


def _already_there(config: Config) -> dict[str, str]:
    """Return the tables of a level that the items of the run have reached, with the reason."""
    at_most = {"sku": (), "product": _BOUGHT[1:2], "category": _BOUGHT[1:]}
    reason = f"item_level is {config.item_level}: see also_bought"
    return dict.fromkeys(at_most[config.item_level], reason)


def _without_rules(config: Config, wanted: Sequence[str], reasons: Container[str]) -> str | None:
    """Return why there can be no rules in their context."""
    needed = ["association_rules", *(["rfm_segments"] if "segment" in config.context.by else [])]
    for table in needed:
        if table in reasons or table not in wanted:
            return f"it needs the table {table}"
    if config.mining.grain != "order":
        return "it needs rules of orders: set mining.grain to order"
    return None


def _without_evidence(config: Config, mined: Container[str]) -> str | None:
    """Return why there can be no campaigns: a kind needs one of some tables."""
    needed: dict[str, list[tuple[str, ...]]] = {
        "cross_sell": [("bought_next", "also_bought")],
        "viewed_not_bought": [("viewed_not_bought",), ("view_then_bought",)],
        "repurchase_due": [("repurchase_cycle",)],
    }
    tables = [any_of for one in config.campaigns.planned for any_of in needed[one.kind]]
    tables += [("rfm_segments",)] if config.campaigns.channels else []
    for any_of in tables:
        if not any(table in mined for table in any_of):
            return f"it needs the table {' or '.join(any_of)}"
    return None


def _without_customers(config: Config) -> dict[str, str]:
    missing = "orders have no customer_id"
    grains = {table: getattr(config, table).grain for table in _BOUGHT}
    grains["association_rules"] = config.mining.grain
    of_customers = [table for table, grain in grains.items() if grain != "order"]
    return {
        "bought_next": missing,
        "repurchase_cycle": missing,
        "substitutes": missing,
        "viewed_not_bought": missing,
        "rfm_segments": missing,
        "campaign_targets": missing,
        "customer_interests": missing,
        "view_then_bought": missing,
        **dict.fromkeys(of_customers, f"{missing}: set the grain to order"),
    }
