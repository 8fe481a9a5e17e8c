"""What the options of the ready lists must fulfil beyond types and ranges."""

from collections.abc import Iterator, Sequence

from pipeline.config.problems import KeyPath, Problem, suggestion
from pipeline.config.relation_options import BUILT_IN
from pipeline.config.serving_options import Placement, Serving

_TOP = ("serving",)


def check_serving(serving: Serving, attributes: Sequence[str]) -> Iterator[Problem]:
    """Yield what is wrong with the ready lists.

    Args:
        serving: Their options.
        attributes: Names of `catalogue.attributes`.
    """
    own = [one.name for one in serving.more_relations]
    yield from _check_names(own, (*_TOP, "more_relations"), taken=BUILT_IN)
    yield from _check_names([one.name for one in serving.placements], (*_TOP, "placements"))
    for number, placement in enumerate(serving.placements):
        path = (*_TOP, "placements", number)
        yield from _check_slots(placement, [*BUILT_IN, *own], path)
    relations = serving.relations
    flag = [relations.clearance.flag] if relations.clearance.flag else []
    for key, names in (
        (("clearance", "flag"), flag),
        (("complementary", "same_attributes"), relations.complementary.same_attributes),
    ):
        for name in names:
            if name not in attributes:
                known = suggestion(name, attributes) if attributes else "there are none"
                message = f"{name!r} is none of catalogue.attributes; {known}"
                yield Problem((*_TOP, "relations", *key), message)


def _check_slots(placement: Placement, known: Sequence[str], path: KeyPath) -> Iterator[Problem]:
    relations = [one.relation for one in placement.slots]
    if not relations:
        yield Problem((*path, "slots"), "give at least one relation type")
    for number, name in enumerate(relations):
        here = (*path, "slots", number, "relation")
        if name not in known:
            yield Problem(here, f"{name!r} is no relation type; {suggestion(name, known)}")
        elif name in relations[:number]:
            yield Problem(here, f"{name!r} is given twice: put its slots together")


def _check_names(
    names: Sequence[str], path: KeyPath, taken: Sequence[str] = ()
) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if not name.strip():
            yield Problem((*path, number, "name"), "give it a name")
        elif name in names[:number] or name in taken:
            yield Problem((*path, number, "name"), f"{name!r} is there already")
