"""What is odd about a rule that is written as it should be."""

from collections.abc import Collection, Iterator
from typing import Final

from pipeline.config.conditions import Comparison, comparisons
from pipeline.config.problems import suggestion
from pipeline.config.rule_file import Rule
from pipeline.serving.conditions import absent_values, holds
from pipeline.serving.pages import kind_of
from pipeline.serving.remarks import PLANNED, Remark, near_hint
from pipeline.serving.rule_book import RuleBook, page_kinds
from pipeline.serving.rule_program import looks_at_source
from pipeline.serving.traits import Traits, traits_of

_MOST_NAMED = 5
_PAGES: Final = {"item": "items", "category": "categories", "segment": "customer segments (home)"}


def remarks_on(rule: Rule, book: RuleBook) -> Iterator[Remark]:
    """Yield what is odd about a rule; of one that does not count today only that.

    A disabled rule is as one that is not there.
    """
    state = book.state(rule)
    validity = rule.options.validity
    if state == "expired":
        yield _remark(rule, book, "expired", f"expired: valid to {validity.last}; it does nothing")
    elif state == "planned":
        yield _remark(rule, book, PLANNED, f"is not yet valid: from {validity.first} on")
    elif state == "live":
        yield from faults_of(rule, book)


def faults_of(rule: Rule, book: RuleBook) -> Iterator[Remark]:
    """Yield what is odd about what a rule says, live or not."""
    relations = list(traits_of(book.setting.options))
    for name in rule.options.applies_to:
        if name not in relations:
            message = f"applies to {name!r}, which is no relation type"
            near = suggestion(name, relations)
            yield _remark(rule, book, "unknown_relation", f"{message}; {near}")
        elif kinds := _kinds_without(rule, book, name):
            message = f"does nothing as {name}: that is shown on pages of {kinds}"
            own = f"it can be for {_listed(page_kinds(rule))} alone"
            hint = ", as it compares with the item of the page" * looks_at_source(rule.show)
            yield _remark(rule, book, "no_page", f"{message}, and {own}{hint}")
    for name in rule.options.customer_segments:
        if name not in book.segments:
            message = f"is for the segment {name!r}, which there is not"
            near = suggestion(name, book.segments) if book.segments else "there are none"
            yield _remark(rule, book, "unknown_segment", f"{message}; {near}")
    for comparison in (*comparisons(rule.match), *comparisons(rule.show)):
        yield from _absent(comparison, rule, book)
    if not book.is_matched(rule).any():
        yield _remark(rule, book, "matches_nothing", "matches no item")
    wanted = book.wanted(rule, Traits()).alone
    if not (book.is_eligible & holds(wanted, book.columns, len(book.is_eligible))).any():
        yield _remark(rule, book, "shows_nothing", "shows nothing: no item that may be shown fits")


def _kinds_without(rule: Rule, book: RuleBook, relation: str) -> str:
    """Return what the pages with slots of a relation type are of, if the rule is for none."""
    shown = {
        kind_of(one.page)
        for one in book.setting.options.placements
        if relation in {slots.relation for slots in one.slots}
    }
    return "" if shown & set(page_kinds(rule)) else _listed(shown)


def _listed(kinds: Collection[str]) -> str:
    return " and ".join(_PAGES[kind] for kind in _PAGES if kind in kinds)


def _absent(comparison: Comparison, rule: Rule, book: RuleBook) -> Iterator[Remark]:
    if comparison.is_beside_source:
        return
    column = book.columns[comparison.column]
    absent = list(absent_values(comparison, column))
    if not absent:
        return
    known = column.texts.to_pylist() if column.texts is not None else []
    named = ", ".join(map(repr, absent[:_MOST_NAMED])) + ", ..." * (len(absent) > _MOST_NAMED)
    hint = near_hint(absent[0], known) if len(absent) == 1 else ""
    message = f"rule {rule.name!r} asks for {comparison.column} {comparison.operator} {named}"
    yield Remark(book.file, comparison.line, "unknown_value", f"{message}: no item has that{hint}")


def _remark(rule: Rule, book: RuleBook, kind: str, message: str) -> Remark:
    return Remark(book.file, rule.line, kind, f"rule {rule.name!r} {message}")
