"""Read a configuration file: strict YAML, overrides, types, ranges, then everything else.

All problems are reported together, one a line, as `file:line:column: key: what is wrong`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.config.check import check
from pipeline.config.model import Config
from pipeline.config.options import options
from pipeline.config.overrides import apply, assignment
from pipeline.config.problems import DEFAULT, KeyPath, Problem, dotted
from pipeline.config.report import content_of, lines_of, model_problems, report
from pipeline.config.scalars import flow_text
from pipeline.config.strict_yaml import MAX_PROBLEMS, Document, read_yaml
from pipeline.config.variables import assignments, expand
from pipeline.errors import ConfigError

CUSTOMER_KEY = "BASKET_CUSTOMER_KEY"


@dataclass(frozen=True)
class LoadedConfig:
    """A valid configuration and where it comes from.

    Attributes:
        config: The options.
        path: The file, as it was given.
        folder: Absolute folder of the file: relative paths in the configuration start here.
        origins: Where each option was set: `file:line:column`, the name of an environment
            variable, `--set` or `default`; with the variables that it names, as `${NAME}`.
        customer_key: The environment variable `BASKET_CUSTOMER_KEY`; shown nowhere.
    """

    config: Config
    path: Path
    folder: Path
    origins: dict[str, str]
    customer_key: str | None = field(default=None, repr=False)


def load_config(
    path: Path, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> LoadedConfig:
    """Read and check a configuration file.

    Args:
        path: YAML file.
        overrides: Options in place of those of the file and the environment, each as
            `section.key=value`; values are written as in the file, lists as `[a, b]`. The last
            of several counts.
        environment: Names and values of environment variables; None is none. Those that set
            options (see `variables`) go before the file.

    Raises:
        ConfigError: The file or an override is not valid; the message lists every problem.
    """
    document = read_yaml(content_of(path, "the configuration"), str(path))
    given = environment or {}
    for one in [*assignments(given), *map(assignment, overrides)]:
        apply(one, document)
    expand(document, given)
    config = _validated(document)
    for problem in check(config):
        report([problem], document)
    if document.problems:
        raise ConfigError(*lines_of(document))
    origins = {dotted(key): _origin(key, document) for key, _ in options(config)}
    key = given.get(CUSTOMER_KEY)
    return LoadedConfig(config, path, path.absolute().parent, origins, key)


def _origin(path: KeyPath, document: Document) -> str:
    named = [name for at, names in document.variables.items() if _is_in(at, path) for name in names]
    return " ".join([str(document.values.get(path, DEFAULT)), *dict.fromkeys(named)])


def _is_in(part: KeyPath, whole: KeyPath) -> bool:
    return part[: len(whole)] == whole


def config_lines(loaded: LoadedConfig) -> list[tuple[str, str, str]]:
    """Return one row per option, in the order of the model: key, value as in YAML, origin."""
    return [
        (dotted(path), flow_text(value), loaded.origins[dotted(path)])
        for path, value in options(loaded.config)
    ]


def _validated(document: Document) -> Config:
    """Return the configuration; where it has problems they are reported, the options left out."""
    if document.tree is None:
        document.tree = {}
    if not isinstance(document.tree, dict):
        report([Problem((), "expected a section of keys and values")], document)
        document.tree = {}
    while not document.is_full:
        try:
            return Config.model_validate(document.tree, strict=True)
        except ValidationError as error:
            problems = model_problems(error, document, Config, tree=document.tree)
            found = list(islice(problems, MAX_PROBLEMS))
            report(found, document)
            for path in {_option(document.tree, problem.path) for problem in found}:
                _leave_out(document.tree, path)
    raise ConfigError(*lines_of(document))


def _option(tree: object, path: KeyPath) -> KeyPath:
    """Return the smallest part of the tree that holds a path and stands in no list."""
    for depth, key in enumerate(path):
        if not isinstance(tree, dict) or key not in tree:
            return path[:depth]
        tree = tree[key]
    return path


def _leave_out(tree: dict[str | int, Any], path: KeyPath) -> None:
    *sections, key = path
    for section in sections:
        tree = tree.get(section, {})
    tree.pop(key, None)
