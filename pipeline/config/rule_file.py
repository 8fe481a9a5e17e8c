"""Read the file of rules: strict YAML, a list of rules, all problems told together."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from pipeline.config.condition_reader import ConditionReader
from pipeline.config.conditions import OWN_COLUMNS, Condition, Kind
from pipeline.config.problems import KeyPath, Problem, suggestion
from pipeline.config.report import content_of, lines_of, model_problems, report, shown
from pipeline.config.rule_options import RuleOptions
from pipeline.config.strict_yaml import REFUSED, Document, read_yaml
from pipeline.errors import ConfigError

_FALLING: Final = {"asc": False, "desc": True}


@dataclass(frozen=True)
class Order:
    """One column by which shown items are ordered; what is missing comes last."""

    column: str
    is_falling: bool

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{self.column} {'desc' if self.is_falling else 'asc'}"


@dataclass(frozen=True)
class Rule:
    """One rule of the file.

    Attributes:
        options: What is written.
        match: Which pages it is for.
        show: Which items it shows.
        order: In which order, before the number of orders and the id.
        line: Where it begins in the file.
    """

    options: RuleOptions
    match: Condition
    show: Condition
    order: tuple[Order, ...]
    line: int

    @property
    def name(self) -> str:
        """Its name."""
        return self.options.name


def read_rule_file(path: Path, name: str, attributes: Collection[str]) -> list[Rule]:
    """Return the rules of a file, in its order.

    Args:
        path: The file.
        name: How messages name it.
        attributes: Names of `catalogue.attributes`.

    Raises:
        ConfigError: The file is not valid; the message lists every problem.
    """
    document = read_yaml(content_of(path, "the file of rules"), name)
    columns: dict[str, Kind] = dict.fromkeys(sorted(attributes), "attribute")
    rules = _rules(document, OWN_COLUMNS | columns)
    if document.problems:
        raise ConfigError(*lines_of(document))
    return rules


def _rules(document: Document, columns: dict[str, Kind]) -> list[Rule]:
    tree = [] if document.tree is None else document.tree
    if not isinstance(tree, list):
        report([Problem((), "expected a list of rules, each beginning with `- name:`")], document)
        return []
    found = [_rule(part, (place,), document, columns) for place, part in enumerate(tree)]
    report(_repeated_names(found), document)
    return [rule for rule in found if rule]


def _rule(tree: object, path: KeyPath, document: Document, columns: dict[str, Kind]) -> Rule | None:
    """Return a rule; None where something is wrong with it, which is then reported."""
    if not isinstance(tree, dict):
        message = f"{shown(tree)} is not allowed; expected a rule: a section of keys and values"
        report([] if tree is REFUSED else [Problem(path, message)], document)
        return None
    of_page = ConditionReader(document, columns, beside_source=False)
    of_shown = ConditionReader(document, columns, beside_source=True)
    match = of_page.read(tree.get("match", {}), (*path, "match"))
    show = of_shown.read(tree.get("show", {}), (*path, "show"))
    problems = of_page.problems + of_shown.problems
    options = None
    try:
        options = RuleOptions.model_validate(tree, strict=True)
    except ValidationError as error:
        found = list(model_problems(error, document, RuleOptions, tree=tree, at=path))
        known = {problem.path for problem in problems} | {problem.meant for problem in found}
        problems += [problem for problem in found if problem.path not in known]
    order = tuple(_orders(tree.get("order_by"), (*path, "order_by"), columns, problems))
    report(problems, document)
    if options is None or problems:
        return None
    return Rule(options, match, show, order, document.values[path].line)


def _orders(
    given: object, path: KeyPath, columns: dict[str, Kind], problems: list[Problem]
) -> Iterator[Order]:
    for place, text in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(text, str):
            continue  # the model has said so
        column, _, direction = text.partition(" ")
        if column not in columns:
            message = f"unknown column {column!r}; {suggestion(column, columns)}"
            problems.append(Problem((*path, place), message))
        elif direction.strip() not in _FALLING:
            message = f"{text!r}: write {column} asc or {column} desc"
            problems.append(Problem((*path, place), message))
        else:
            yield Order(column, _FALLING[direction.strip()])


def _repeated_names(rules: list[Rule | None]) -> Iterator[Problem]:
    firsts: dict[str, Rule] = {}
    for place, rule in enumerate(rules):
        if rule and (first := firsts.setdefault(rule.name, rule)) is not rule:
            message = f"{rule.name!r} is the name of the rule on line {first.line} too"
            yield Problem((place, "name"), message)
