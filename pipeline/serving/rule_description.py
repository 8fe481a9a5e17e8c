"""What a rule matches and shows, whether it is live or not: to be looked at before it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from pipeline.config.conditions import words_of
from pipeline.config.problems import suggestion
from pipeline.config.rule_file import Rule
from pipeline.errors import UsageError
from pipeline.mining.baskets import Bools, Int32s
from pipeline.serving.rule_book import RuleBook, RuleState, page_kinds
from pipeline.serving.rule_checks import faults_of
from pipeline.serving.rule_targets import ItemLists, ordered_targets
from pipeline.serving.traits import Traits, traits_of

FIRST_ITEMS: Final = 10
EXAMPLES: Final = 5
_BLOCK: Final = 4096


@dataclass(frozen=True)
class NamedItem:
    """An item as people know it; its name is '' where it has none."""

    item_id: str
    name: str


@dataclass(frozen=True)
class Example:
    """What a rule offers beside one item, the first items of it."""

    source: NamedItem
    targets: tuple[NamedItem, ...]


@dataclass(frozen=True)
class RuleDescription:
    """A rule in words, and what it does with the items of today.

    Attributes:
        name: The rule.
        line: Where it begins in its file.
        state: Whether it is live today, disabled, expired or planned.
        priority: Rules of a lower number come first.
        applies_to: Relation types whose slots it fills.
        customer_segments: For whose pages alone it is; none for everyone's.
        valid_from: First day, None for always until now.
        valid_to: Last day, None for ever.
        max_results: At most so many items in one list, None for any number.
        pages: Kinds of pages that it is for: item, category, segment (home).
        match: Which items it is for, in words.
        show: Which items it shows, in words.
        order_by: In which order, in words.
        relation: The relation type that the figures below are for.
        matched_count: Items whose pages it is for.
        matched: The first of them, by orders.
        filled_count: Those beside which it offers anything.
        shown_count: Items that it offers anywhere.
        shown: The first of them, in its order.
        examples: What it offers beside some items.
        remarks: What is odd about it.
    """

    name: str
    line: int
    state: RuleState
    priority: int
    applies_to: tuple[str, ...]
    customer_segments: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None
    max_results: int | None
    pages: tuple[str, ...]
    match: str
    show: str
    order_by: str
    relation: str
    matched_count: int
    matched: tuple[NamedItem, ...]
    filled_count: int
    shown_count: int
    shown: tuple[NamedItem, ...]
    examples: tuple[Example, ...]
    remarks: tuple[str, ...]


def describe_rule(book: RuleBook, name: str, relation: str | None = None) -> RuleDescription:
    """Return what a rule matches and shows, as if it were live.

    Args:
        book: The rules.
        name: The rule.
        relation: The relation type that it is looked at for, whose own conditions count; the
            first known one that the rule names where it is not given.

    Raises:
        UsageError: There is no such rule, or it is not for that relation type.
    """
    rule = _rule(book, name)
    relation = _relation(book, rule, relation)
    traits = traits_of(book.setting.options).get(relation, Traits())
    lists = book.beside_items(rule, traits)
    matched = np.flatnonzero(book.is_matched(rule)).astype(np.int32)
    is_filled, is_shown = _used(lists, matched)
    filled = matched[is_filled[matched]]
    wanted = book.wanted(rule, Traits())
    ordered = ordered_targets(wanted, book.columns, book.is_eligible)
    shown = ordered[is_shown[ordered]]
    options = rule.options
    return RuleDescription(
        name=rule.name, line=rule.line, state=book.state(rule), priority=options.priority,
        applies_to=tuple(options.applies_to),
        customer_segments=tuple(options.customer_segments),
        valid_from=options.valid_from, valid_to=options.valid_to,
        max_results=options.max_results, pages=page_kinds(rule),
        match=words_of(rule.match), show=words_of(rule.show),
        order_by=", ".join([*map(str, rule.order), "order_count desc", "item_id asc"]),
        relation=relation, matched_count=len(matched),
        matched=_named(book, matched[:FIRST_ITEMS]), filled_count=len(filled),
        shown_count=len(shown), shown=_named(book, shown[:FIRST_ITEMS]),
        examples=tuple(_example(book, rule, lists, one) for one in filled[:EXAMPLES].tolist()),
        remarks=tuple(map(str, faults_of(rule, book))),
    )  # fmt: skip


def _rule(book: RuleBook, name: str) -> Rule:
    rules = {rule.name: rule for rule in book.rules}
    if name not in rules:
        near = suggestion(name, rules) if rules else "there are none"
        message = f"no rule is named {name!r}; {near}"
        raise UsageError(message)
    return rules[name]


def _relation(book: RuleBook, rule: Rule, relation: str | None) -> str:
    names = rule.options.applies_to
    if relation is not None and relation not in names:
        message = f"rule {rule.name!r} is not for {relation!r}; {suggestion(relation, names)}"
        raise UsageError(message)
    known = [name for name in names if name in traits_of(book.setting.options)]
    return relation or (known or names)[0]


def _used(lists: ItemLists, sources: Int32s) -> tuple[Bools, Bools]:
    """Return beside which items anything is offered, and which items are offered anywhere.

    No item is offered beside itself.
    """
    is_filled, is_shown = np.zeros((2, len(lists.starts)), np.bool_)
    for begin in range(0, len(sources), _BLOCK):
        block = sources[begin : begin + _BLOCK]
        sizes = lists.ends[block] - lists.starts[block]
        beside = np.repeat(block, sizes)
        firsts = np.repeat(lists.starts[block] - np.cumsum(sizes) + sizes, sizes)
        targets = lists.targets[firsts + np.arange(len(firsts))]
        is_other = targets != beside
        is_filled[beside[is_other]] = True
        is_shown[targets[is_other]] = True
    return is_filled, is_shown


def _example(book: RuleBook, rule: Rule, lists: ItemLists, source: int) -> Example:
    targets = lists.targets[lists.starts[source] : lists.ends[source]]
    others = targets[targets != source][: rule.options.max_results or FIRST_ITEMS]
    return Example(_named(book, [source])[0], _named(book, others))


def _named(book: RuleBook, numbers: Int32s | Sequence[int]) -> tuple[NamedItem, ...]:
    shelf = book.setting.shelf
    return tuple(NamedItem(shelf.item_ids[number], shelf.names[number]) for number in numbers)
