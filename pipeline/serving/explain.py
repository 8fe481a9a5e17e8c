"""Every candidate of a page, with what became of it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

import numpy as np

from pipeline.config.problems import nearest, suggestion
from pipeline.config.serving_options import EVERYONE, Placement
from pipeline.errors import UsageError
from pipeline.mining.baskets import Int64s
from pipeline.serving.filling import EMPTY, Filled, Merger
from pipeline.serving.lists import Sources
from pipeline.serving.offers import Offers, rule_book, stock_of
from pipeline.serving.pages import item_sources, sources_of
from pipeline.serving.reasons import sentences
from pipeline.serving.rule_description import RuleDescription, describe_rule
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE

VERDICTS: Final = (
    "shown",
    "not in the catalogue",
    "out of stock",
    "on the blacklist",
    "the source itself",
    "same product family as the source",
    "a substitute of the source",
    "same category as the source",
    "another category than the source",
    "shown on this page already",
    "enough of its category on this page",
    "enough of its brand on this page",
    "shown on enough pages of the placement",
    "slots are full",
    "its rule shows enough",
)
"""What became of a candidate, by the numbers of `kernels/slot_filling.py`."""


@dataclass(frozen=True)
class Candidate:
    """One candidate for a page.

    Attributes:
        placement: The placement.
        relation: Relation type whose slots it is for.
        rank: Place on the page, from 1; None where it is not shown.
        target_item_id: The item.
        name: Its name in the catalogue.
        source: Where it is from.
        verdict: `shown`, or what stands against it.
        reason: Why it is a candidate.
        evidence_count: What the reason rests on; None where it rests on nothing counted.
        share: Share that the reason names.
        lift: Lift of the mined row.
        q_value: q-value of the mined row.
    """

    placement: str
    relation: str
    rank: int | None
    target_item_id: str
    name: str
    source: str
    verdict: str
    reason: str
    evidence_count: int | None
    share: float | None
    lift: float | None
    q_value: float | None


def explain_page(
    setting: Setting, page: str, placement: str | None = None, segment: str = EVERYONE
) -> list[Candidate]:
    """Return every candidate for a page, in the order in which they are asked.

    Args:
        setting: The shop as it stands.
        page: What the page is about: an item id, a category path or a segment.
        placement: Its placement; None takes every placement that has such a page.
        segment: Customer segment that looks at it.

    Raises:
        UsageError: There is no such placement, page or segment.
    """
    audiences = [EVERYONE, *setting.segments]
    looks = _Looks(page, segment, audiences)
    if segment not in audiences:
        message = f"no segment {segment!r}; {suggestion(segment, audiences)}"
        raise UsageError(message)
    found: list[Candidate] = []
    known: list[str] = []
    for one in _placements(setting, placement):
        sources = _sources(setting, one, page, audiences)
        known += sources.ids
        if page in sources.ids:
            found += _explained(setting, one, sources, looks)
    if page not in known:
        raise UsageError(_no_page(setting, page, known))
    return found


def explain_rule(setting: Setting, name: str) -> RuleDescription:
    """Return what a rule matches and shows, whether it is live or not; see `describe_rule`."""
    return describe_rule(rule_book(setting, stock_of(setting)), name)


def _no_page(setting: Setting, page: str, known: Collection[str]) -> str:
    """Return why there is no such page, and what may have been meant."""
    shelf = setting.shelf
    if page in shelf.numbers and not shelf.is_listed[shelf.numbers[page]]:
        return f"item {page!r} has no page: it is not in the catalogue"
    listed = compress(shelf.item_ids, shelf.is_listed.tolist())
    near = nearest(page, [*known, *listed])
    hint = f"; did you mean {near}?" if near else ""
    return f"{page!r} has no page: no listed item, category path or segment is called so{hint}"


@dataclass(frozen=True)
class _Looks:
    """Which page somebody looks at, the segment of that customer, and all audiences."""

    page: str
    segment: str
    audiences: list[str]


def _placements(setting: Setting, name: str | None) -> list[Placement]:
    known = {one.name: one for one in setting.options.placements}
    if name is None:
        return [one for one in known.values() if one.page != "cart"]
    if name not in known:
        message = f"no placement {name!r}; {suggestion(name, known)}"
        raise UsageError(message)
    return [known[name]]


def _sources(
    setting: Setting, placement: Placement, page: str, audiences: Sequence[str]
) -> Sources:
    """Return the one page, or all of them where these depend on each other."""
    number = setting.shelf.numbers.get(page, NONE)
    is_alone = placement.page in {"product", "cart"} and setting.options.caps.per_target is None
    if not is_alone:
        return sources_of(placement.page, setting.shelf, audiences[1:])
    listed = [number] if number != NONE and setting.shelf.is_listed[number] else []
    return item_sources(setting.shelf, np.array(listed, np.int64))


@dataclass(frozen=True)
class _Page:
    """One page with its lists, and the place of what it shows by list and row."""

    setting: Setting
    placement: str
    merger: Merger
    source: int
    ranks: dict[tuple[int, int], int]

    def candidates(self, number: int, verdicts: Int64s) -> Iterator[Candidate]:
        """Yield the candidates of a list, with what became of each."""
        one, shelf = self.merger.lists[number], self.setting.shelf
        rows = np.arange(one.starts[self.source], one.ends[self.source])
        evidence = one.pool
        texts = sentences(one.reason, evidence, rows).to_pylist()
        for at, (row, code) in enumerate(zip(rows.tolist(), verdicts.tolist(), strict=True)):
            if code < 0:  # a list for other segments
                continue
            target, count = int(evidence.targets[row]), int(evidence.counts[row])
            yield Candidate(
                self.placement,
                self.merger.groups[self.merger.list_groups[number]].relation,
                self.ranks.get((number, row)),
                *(shelf.item_ids[target], shelf.names[target]),
                *(one.origin, VERDICTS[code], texts[at]),
                evidence_count=None if count == NONE else count,
                share=_known(evidence.shares[row]),
                lift=_known(evidence.lifts[row]),
                q_value=_known(evidence.q_values[row]),
            )


def _explained(
    setting: Setting, placement: Placement, sources: Sources, looks: _Looks
) -> Iterator[Candidate]:
    offers = Offers(setting, stock_of(setting))
    merger = offers.merger(placement.slots, sources, looks.audiences, setting.options.caps)
    source = sources.ids.index(looks.page)
    audience = merger.audience_of(source, looks.audiences.index(looks.segment))
    filled, verdicts = merger.verdicts(source, audience)
    page = _Page(setting, placement.name, merger, source, _ranks(filled))
    for number, codes in enumerate(verdicts):
        yield from page.candidates(number, codes)


def _ranks(filled: Filled) -> dict[tuple[int, int], int]:
    is_shown = filled.rows[0] != EMPTY
    lists, rows = filled.origins[0][is_shown].tolist(), filled.rows[0][is_shown].tolist()
    return {key: rank for rank, key in enumerate(zip(lists, rows, strict=True), start=1)}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
