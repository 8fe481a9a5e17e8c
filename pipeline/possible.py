"""Which tables a configuration asks for, and which of them its input can give."""

from collections.abc import Sequence

from pipeline import names
from pipeline.config.model import Config
from pipeline.io.read import effective_orders

ALWAYS_WRITTEN = ("quarantine", "run_summary")
_BUILT_WITH = {"frequent_itemsets": "association_rules", "rfm_cuts": "rfm_segments"}
"""Tables that the stage of another one builds: whatever stands against that stands against them."""


def wanted_tables(config: Config) -> list[str]:
    """Return the mined tables that are to be published, in the order of `names.TABLES`."""
    tables = config.output.tables or list(names.TABLES)
    return [name for name in names.TABLES if name in tables and name not in ALWAYS_WRITTEN]


def stages_of(wanted: Sequence[str]) -> list[str]:
    """Return the stages that build the wanted tables, itemsets with the rules."""
    return list(dict.fromkeys(_BUILT_WITH.get(name, name) for name in wanted))


def reasons_against(config: Config) -> dict[str, str]:
    """Return the wanted tables that this input cannot give, with the reason."""
    columns = effective_orders(config).columns
    reasons: dict[str, str] = {}
    if "customer_id" not in columns:
        reasons |= _without_customers(config)
    if "item_id" not in columns:
        needy = ("association_rules", "also_bought", "view_then_bought", "item_stats")
        reasons |= dict.fromkeys(needy, "orders have no item_id")
    if config.events is None:
        no_log = "there is no browse log"
        reasons |= dict.fromkeys(("also_viewed", "view_then_bought"), no_log)
    reasons |= {name: reasons[stage] for name, stage in _BUILT_WITH.items() if stage in reasons}
    return {name: reasons[name] for name in wanted_tables(config) if name in reasons}


def _without_customers(config: Config) -> dict[str, str]:
    missing = "orders have no customer_id"
    grains = {"also_bought": config.also_bought.grain, "association_rules": config.mining.grain}
    of_customers = [table for table, grain in grains.items() if grain != "order"]
    return {
        "rfm_segments": missing,
        "view_then_bought": missing,
        **dict.fromkeys(of_customers, f"{missing}: set the grain to order"),
    }
