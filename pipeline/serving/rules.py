"""Rules of merchandisers: what they offer to each page."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa

from pipeline.config.rule_file import Rule, read_rule_file
from pipeline.mining.baskets import Bools, Int32s, Int64s
from pipeline.serving.columns import text_column
from pipeline.serving.conditions import holds
from pipeline.serving.lists import CandidateLists, Sources, pool_of
from pipeline.serving.remarks import Remark
from pipeline.serving.rule_book import RuleBook, page_kinds
from pipeline.serving.rule_checks import remarks_on
from pipeline.serving.rule_targets import (
    ItemLists,
    ordered_targets,
)
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import labels
from pipeline.serving.traits import Traits, traits_of


def open_rules(
    setting: Setting,
    is_eligible: Bools,
    *,
    segments: Collection[str] = (),
    attributes: Collection[str] = (),
) -> RuleBook:
    """Return the rules of a shop, in the order of priority, then of the file.

    What is odd about live rules is remarked on.

    Args:
        setting: The shop, with its file `rules`; without one there are no rules.
        is_eligible: Whether an item may be shown at all: not those out of stock, blacklisted, or
            unknown to the catalogue.
        segments: Customer segments that there are.
        attributes: Names of `catalogue.attributes`; those that an item has are known anyway.

    Raises:
        ConfigError: The file is not valid; the message lists every problem.
    """
    file = setting.files.get("rules")
    if file is None:
        return RuleBook(setting, is_eligible)
    known = {*attributes, *setting.shelf.attributes}
    rules = read_rule_file(file.path, file.name, known)
    rules.sort(key=lambda rule: rule.options.priority)
    book = RuleBook(setting, is_eligible, rules, file.name, segments)
    for rule in rules:
        setting.remarks.extend(remarks_on(rule, book))
    return book


def rule_lists(book: RuleBook, sources: Sources, relation: str) -> list[CandidateLists]:
    """Return what each live rule offers to the pages of a relation type, the first rule first.

    A page of an item has the rules whose `match` holds for the item. A page of a category has
    those that ask for nothing or the category alone, and a home page those that ask for nothing;
    both only rules that do not compare with the item of the page.

    Args:
        book: The rules.
        sources: The pages.
        relation: The relation type.
    """
    found = []
    for rule in book.live:
        if relation in rule.options.applies_to and len(sources):
            made = _of_items if sources.kind == "item" else _of_other_pages
            lists = made(book, rule, sources, relation)
            if lists is not None and (lists.ends > lists.starts).any():
                found.append(lists)
    return found


def _of_items(book: RuleBook, rule: Rule, sources: Sources, relation: str) -> CandidateLists | None:
    lists = book.beside_items(rule, traits_of(book.setting.options)[relation])
    if not len(lists.targets) and book.is_matched(rule).any():
        message = f"rule {rule.name!r} shows nothing as {relation} beside any item that it matches"
        _remark(book, Remark(book.file, rule.line, "shows_nothing", message))
    return _candidates(rule, lists, sources.items)


def _of_other_pages(book: RuleBook, rule: Rule, sources: Sources, _: str) -> CandidateLists | None:
    if sources.kind not in page_kinds(rule):
        return None
    is_source = np.ones(len(sources), np.bool_)
    if sources.kind == "category":
        paths = labels(pa.chunked_array([pa.array(sources.ids, pa.string())]))
        is_source = holds(rule.match, {"category": text_column(paths)}, len(sources))
    ordered = ordered_targets(book.wanted(rule, Traits()), book.columns, book.is_eligible)
    targets = ordered[: book.setting.options.max_candidates]
    ends = np.where(is_source, len(targets), 0)
    lists = ItemLists(targets, np.zeros_like(ends), ends)
    return _candidates(rule, lists, np.arange(len(sources)))


def _candidates(rule: Rule, lists: ItemLists, pages: Int32s | Int64s) -> CandidateLists:
    order = ", ".join(map(str, rule.order)) or "order_count desc"
    return CandidateLists(
        f"rule:{rule.name}",
        lists.starts[pages],
        lists.ends[pages],
        pool_of(lists.targets),
        f"rule {rule.name}, ordered by {order}",
        most=rule.options.max_results or 0,
        segments=tuple(rule.options.customer_segments),
    )


def _remark(book: RuleBook, remark: Remark) -> None:
    """Add a remark, unless the rule has one of its kind."""
    made = [(one.file, one.line, one.kind) for one in book.setting.remarks]
    if (remark.file, remark.line, remark.kind) not in made:
        book.setting.remarks.append(remark)
