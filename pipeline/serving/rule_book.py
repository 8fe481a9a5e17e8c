"""The rules of a shop beside its items: which count today, and what they match and show."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from pipeline.config.conditions import comparisons
from pipeline.config.rule_file import Rule
from pipeline.config.validity import State, day_of
from pipeline.mining.baskets import Bools
from pipeline.serving.columns import Columns
from pipeline.serving.conditions import holds
from pipeline.serving.rule_program import looks_at_source
from pipeline.serving.rule_targets import ItemLists, Wanted, item_lists, wanted_beside
from pipeline.serving.setting import Setting
from pipeline.serving.traits import Traits

RuleState = State | Literal["disabled"]


@dataclass(frozen=True)
class RuleBook:
    """The rules of a shop, and the columns that they look at.

    Attributes:
        setting: The shop.
        is_eligible: Whether an item may be shown at all.
        rules: Every rule, in the order in which they count.
        file: How messages name their file.
        segments: Customer segments that there are.
    """

    setting: Setting
    is_eligible: Bools
    rules: list[Rule] = field(default_factory=list)
    file: str = ""
    segments: Collection[str] = ()

    @cached_property
    def columns(self) -> Columns:
        """The values of the items."""
        return Columns(self.setting.shelf)

    def state(self, rule: Rule) -> RuleState:
        """Return whether a rule is live, disabled, expired or planned."""
        day = day_of(self.setting.as_of, self.setting.time_zone)
        return rule.options.validity.state(day) if rule.options.enabled else "disabled"

    @cached_property
    def live(self) -> list[Rule]:
        """The rules that count today."""
        return [rule for rule in self.rules if self.state(rule) == "live"]

    def wanted(self, rule: Rule, traits: Traits) -> Wanted:
        """Return what a rule wants beside items, for a relation type of these traits."""
        return wanted_beside(rule.show, rule.order, traits, self.setting.options.max_candidates)

    def is_matched(self, rule: Rule) -> Bools:
        """Return whether a rule is for the page of each item."""
        shelf = self.setting.shelf
        return shelf.is_listed & holds(rule.match, self.columns, len(shelf))

    def beside_items(self, rule: Rule, traits: Traits) -> ItemLists:
        """Return what a rule shows beside each item."""
        wanted = self.wanted(rule, traits)
        return item_lists(wanted, self.columns, self.is_eligible, self.is_matched(rule))


def page_kinds(rule: Rule) -> tuple[str, ...]:
    """Return the kinds of pages that a rule can be for: `item`, `category` and `segment`."""
    asked = {one.column for one in comparisons(rule.match)}
    if looks_at_source(rule.show) or asked - {"category"}:
        return ("item",)
    return ("item", "category") if asked else ("item", "category", "segment")
