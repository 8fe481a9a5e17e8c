"""Commands that tell what pages show, and why: explain and preview."""

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.arguments import (
    AsOf,
    ConfigFile,
    Overrides,
    Run,
    Strict,
    load,
    print_text,
)
from pipeline.errors import UsageError, printable
from pipeline.layout import aligned

if TYPE_CHECKING:
    from pipeline.serving.coverage import Coverage
    from pipeline.serving.explain import Candidate
    from pipeline.serving.rule_description import NamedItem, RuleDescription
    from pipeline.serving.setting import Setting


def explain(
    config: ConfigFile,
    page: Annotated[
        str | None,
        typer.Argument(metavar="[PAGE]", help="Item id, category path or segment of a page."),
    ] = None,
    placement: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this placement.  [default: all]")
    ] = None,
    segment: Annotated[
        str, typer.Option(metavar="NAME", help="Customer segment that looks at the page.")
    ] = "everyone",
    rule: Annotated[
        str | None, typer.Option(metavar="NAME", help="What a rule matches and shows, live or not.")
    ] = None,
    as_of: AsOf = None,
    overrides: Overrides = None,
    run: Run = "latest",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show every candidate for a page, and what became of it."""
    from pipeline.explain import missing_tables, published_setting
    from pipeline.serving.explain import explain_page, explain_rule

    if (page is None) == (rule is None):
        message = "give a page to explain, or --rule NAME"
        raise UsageError(message)
    loaded = load(config, overrides)
    with published_setting(loaded, run, as_of) as setting:
        if rule is not None:
            described = explain_rule(setting, rule)
            print_text(_json([described]) if json else _rule_text(described))
        elif page is not None:
            rows = explain_page(setting, page, placement, segment)
            _tell(setting, missing_tables(loaded, setting))
            print_text(_json(rows) if json else _candidates_text(rows))


def preview(
    config: ConfigFile,
    as_of: AsOf = None,
    overrides: Overrides = None,
    run: Run = "latest",
    top: Annotated[int, typer.Option(min=0, metavar="N", help="Items shown most.")] = 5,
    strict: Strict = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how full the pages of each placement would be, by the present rules."""
    from pipeline.explain import missing_tables, published_setting
    from pipeline.serving.coverage import preview as preview_pages

    loaded = load(config, overrides, is_strict=strict)
    with published_setting(loaded, run, as_of) as setting:
        rows = preview_pages(setting, top)
        _tell(setting, missing_tables(loaded, setting))
        print_text(_json(rows) if json else "\n\n".join(map(_coverage_text, rows)))


def _tell(setting: "Setting", missing: Sequence[str]) -> None:
    """Print on stderr what is wrong with hand-made files, and which tables are not there.

    Raises:
        DataError: `serving.strict` is set.
    """
    from pipeline.errors import DataError
    from pipeline.serving.recommendations import told

    lines = told(sorted(set(setting.remarks)))
    if setting.options.strict and any(one.is_fault for one in setting.remarks):
        raise DataError(*lines)
    if missing:
        lines.append(f"not published, so that their rows are missing here: {', '.join(missing)}")
    for line in lines:
        print(line, file=sys.stderr)


def _json(rows: Sequence[Any]) -> str:
    from dataclasses import asdict
    from json import dumps

    return dumps([asdict(row) for row in rows], indent=2, ensure_ascii=False, default=str)


def _candidates_text(rows: "Sequence[Candidate]") -> str:
    columns = ("placement", "relation", "rank", "target", "name", "source", "verdict", "reason")
    cells = [
        (
            *(one.placement, one.relation, one.rank, one.target_item_id, one.name),
            *(one.source, one.verdict, one.reason),
        )
        for one in rows
    ]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    return aligned(columns, cells, width)


def _rule_text(rule: "RuleDescription") -> str:
    span = f"{rule.valid_from or 'always'} to {rule.valid_to or 'ever'}"
    for_whom = ", ".join(rule.customer_segments) or "everyone"
    lines = [
        f"{rule.name} (line {rule.line}): {rule.state}, valid from {span}, for {for_whom}",
        f"for {', '.join(rule.applies_to)} on pages of {', '.join(rule.pages)}",
        f"matches: {rule.match}",
        f"shows: {rule.show}, ordered by {rule.order_by}",
        f"matches {rule.matched_count:,} items: {_items(rule.matched)}",
        f"offers something beside {rule.filled_count:,} of them",
        f"offers {rule.shown_count:,} items: {_items(rule.shown)}",
        *(f"beside {_items([one.source])}: {_items(one.targets)}" for one in rule.examples),
        *rule.remarks,
    ]
    return "\n".join(printable(line) for line in lines)


def _items(items: "Sequence[NamedItem]") -> str:
    return ", ".join(f"{one.item_id} {one.name}".strip() for one in items) or "none"


def _coverage_text(one: "Coverage") -> str:
    pages = (
        f"{one.placement}: {one.page_count:,} pages: {one.full_count:,} full, "
        f"{one.partial_count:,} partly filled, {one.empty_count:,} empty"
    )
    shares = [
        (origin, count, f"{100 * count / one.row_count:.1f} %")
        for origin, count in one.origins.items()
    ]
    shown = [(item, name, count) for item, name, count in one.most_shown]
    parts = [pages, aligned(("source", "rows", "share"), shares)]
    if shown:
        parts.append(aligned(("most shown", "name", "pages"), shown))
    return "\n".join(parts)
