"""The command that plans mining."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.arguments import AsOf, ConfigFile, Overrides, load, print_text

if TYPE_CHECKING:
    from pipeline.mining.planner import Plan


def plan(
    config: ConfigFile,
    as_of: AsOf = None,
    overrides: Overrides = None,
    support: Annotated[
        list[float] | None,
        typer.Option(
            metavar="SHARE", help="A support to look at; repeatable.  [default: a ladder]"
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell what supports would give and take, before mining."""
    from pipeline.plan import plan as plan_supports
    from pipeline.progress import Progress

    plans = plan_supports(load(config, overrides), as_of, support or (), Progress(sys.stderr))
    print_text(_json(plans) if json else _text(plans))


def _json(plans: "list[Plan]") -> str:
    from dataclasses import asdict
    from json import dumps

    return dumps([asdict(one) for one in plans], indent=2)


def _text(plans: "list[Plan]") -> str:
    from pipeline.layout import aligned

    columns = (
        "min_support",
        "min_count",
        "items",
        "pairs",
        "itemsets",
        "rules",
        "megabytes",
        "seconds",
        "known",
        "fits",
    )
    rows = [
        (
            f"{one.min_support:g}",
            one.min_count,
            one.items,
            one.pairs,
            one.itemsets,
            one.rules,
            one.megabytes,
            one.seconds,
            "exactly" if one.is_exact else "about",
            "yes" if one.fits else "no",
        )
        for one in plans
    ]
    return aligned(columns, rows)
