"""Keep the rules that chance does not explain and that say more than shorter rules do.

A pair is one test whichever way its rule points; the q-values of pairs are those of
`significance`, with m the pairs that the frequent items can form. A longer rule has a budget: of
alpha its length gets 1 / max_itemset_size, shared by all rules of that length that could be formed.
Pairs as a whole keep alpha, and the lengths above two together add (k - 2) / k of it at most, k
the largest length.

A rule is productive if it beats each sub-rule one item shorter by Fisher's test among the baskets
of that sub-rule's left side: AB -> C beats A -> C if C is more frequent in the baskets of A with B
than in those without. The sub-rule of a pair has an empty left side. This is a filter of what is
worth saying, at a plain level: that AB and C go together at all is what the q-value vouches for.

Source: G. I. Webb, Discovering significant patterns, 2007; Layered critical values, 2008.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.config.mining_options import Mining
from pipeline.mining.baskets import Bools, Floats, Int64s
from pipeline.mining.item_limits import find_items
from pipeline.mining.itemsets import Itemsets
from pipeline.mining.mined import Mined
from pipeline.mining.rule_counts import RuleCounts, link_itemsets
from pipeline.mining.rule_customers import Rows
from pipeline.mining.significance import RuleItems, corrected, layered, p_values, rule_candidates

PAIR = 2
FILTERS = ("few_customer", "insignificant", "unproductive", "redundant")
"""Why rules are left out, in this order."""

CustomersOf = Callable[[Itemsets, Rows], Int64s | None]
"""From itemsets and the rows of some of them to the distinct customers behind each."""


@dataclass(frozen=True)
class TestedRules:
    """Rules and what the tests say of each.

    Attributes:
        rules: The rules.
        columns: Arrays of the published columns, one value a rule; `customer_count` is not among
            them where no customer is known.
        left_out: Number of rules that each filter removed.
    """

    rules: RuleCounts
    columns: Mapping[str, Any]
    left_out: Mapping[str, int]

    def added(self, name: str, values: Floats | Bools | Int64s) -> "TestedRules":
        """Return the rules with one more column."""
        return TestedRules(self.rules, {**self.columns, name: values}, self.left_out)

    def kept(self, is_kept: Bools, reason: str) -> "TestedRules":
        """Return the marked rules; the others are counted by the reason."""
        removed = self.left_out.get(reason, 0) + int((~is_kept).sum())
        columns = {name: values[is_kept] for name, values in self.columns.items()}
        return TestedRules(self.rules.kept(is_kept), columns, {**self.left_out, reason: removed})


@dataclass(frozen=True)
class CandidateItems:
    """The items that rules could have been found of.

    Attributes:
        items: How many they are: frequent items, however often they are together.
        max_length: Largest number of items of a rule.
        max_right: Largest number of items on its right side.
    """

    items: RuleItems
    max_length: int
    max_right: int

    @classmethod
    def of(cls, mined: Mined, config: Mining) -> "CandidateItems":
        """Count the items of the baskets that rules were looked for in."""
        frequent = np.flatnonzero(mined.baskets.item_counts >= mined.min_count)
        rights = find_items("consequents", config.consequents, mined.minable.item_ids)
        is_right = np.isin(frequent, rights) | (not config.consequents)
        is_fixed = np.isin(frequent, mined.minable.must_contain)
        free_right, fixed_right = int(is_right[~is_fixed].sum()), int(is_right[is_fixed].sum())
        fixed = int(is_fixed.sum())
        items = RuleItems(len(frequent) - fixed, free_right, fixed, fixed_right)
        longest = min(config.max_itemset_size, len(frequent))
        return cls(items, longest, config.max_consequent_size)

    def of_length(self, length: int) -> int:
        """Return the number of tests that rules of a length are."""
        return rule_candidates(self.items, length, self.max_right)


@dataclass(frozen=True)
class RuleTests:
    """What rules are tested by.

    Attributes:
        itemsets: All frequent itemsets, in order.
        candidates: How many rules could have been found.
        customers_of: Counts the customers behind itemsets.
        basket_count: All baskets.
        config: Which filters are on, and their levels.
    """

    itemsets: Itemsets
    candidates: CandidateItems
    customers_of: CustomersOf
    basket_count: int
    config: Mining

    def run(self, rules: RuleCounts) -> TestedRules:
        """Return those of the rules that the options keep, with what the tests say of them.

        What can be told cheaply goes first: the q-value of a pair is never below its p-value.
        """
        sides = (rules.joint_counts, rules.antecedent_counts, rules.consequent_counts)
        found = TestedRules(rules, {"p_value": p_values(*sides, self.basket_count)}, {})
        found = found.added("q_value", self._budgeted(found, found.columns["p_value"]))
        found = self._significant(found)
        found = self._of_enough_customers(found)
        found = found.added("q_value", self._corrected(found, found.columns["p_value"]))
        found = self._significant(found)
        return self._against_sub_rules(found)

    def _significant(self, found: TestedRules) -> TestedRules:
        if self.config.max_q_value is None:
            return found
        return found.kept(found.columns["q_value"] <= self.config.max_q_value, "insignificant")

    def _of_enough_customers(self, found: TestedRules) -> TestedRules:
        wholes, places = np.unique(found.rules.wholes, return_inverse=True)
        counts = self.customers_of(self.itemsets, wholes)
        if counts is None:
            return found
        found = found.added("customer_count", counts[places])
        return found.kept(
            found.columns["customer_count"] >= self.config.min_customers, "few_customer"
        )

    def _budgeted(self, found: TestedRules, p: Floats) -> Floats:
        """Return p-values of rules of three items or more by the budget of their length."""
        adjusted = p.copy()
        lengths = self.itemsets.sizes[found.rules.wholes]
        for length in np.unique(lengths[lengths > PAIR]).tolist():
            of_length = lengths == length
            candidate_count = self.candidates.of_length(length)
            adjusted[of_length] = layered(p[of_length], candidate_count, self.candidates.max_length)
        return adjusted

    def _corrected(self, found: TestedRules, p: Floats) -> Floats:
        """Return q-values: of pairs by the correction asked for, of longer rules by budgets."""
        adjusted = self._budgeted(found, p)
        is_pair = self.itemsets.sizes[found.rules.wholes] == PAIR
        _, firsts, places = np.unique(
            found.rules.wholes[is_pair], return_index=True, return_inverse=True
        )
        test_count = self.candidates.of_length(PAIR)
        of_pairs = corrected(p[is_pair][firsts], test_count, self.config.correction)
        adjusted[is_pair] = of_pairs[places]
        return adjusted

    def _against_sub_rules(self, found: TestedRules) -> TestedRules:
        config = self.config
        largest = self._compare(found, "largest_p_values")
        found = found.added("is_productive", largest <= config.productive_level)
        if config.only_productive:
            found = found.kept(found.columns["is_productive"], "unproductive")
        found = found.added("is_redundant", self._compare(found, "find_redundant"))
        if config.leave_out_redundant:
            found = found.kept(~found.columns["is_redundant"], "redundant")
        return found

    def _compare(self, found: TestedRules, kernel: str) -> Any:  # noqa: ANN401 - numbers or marks
        """Compare every rule with its sub-rules, whose counts stand among the itemsets."""
        from pipeline.mining.kernels import sub_rules

        rules = sub_rules.Rules(
            *link_itemsets(self.itemsets),
            np.append(np.int64(self.basket_count), self.itemsets.counts),
            self.itemsets.items,
            self.itemsets.offsets,
            found.rules.antecedents,
            found.rules.consequents,
        )
        return getattr(sub_rules, kernel)(rules)
