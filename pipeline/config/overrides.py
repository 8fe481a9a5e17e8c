"""Put options that were set outside the file in place of those of the file."""

from pipeline.config.problems import OVERRIDE, KeyPath, Origin, Problem, dotted
from pipeline.config.strict_yaml import Document, read_yaml
from pipeline.config.variables import Assignment


def assignment(override: str) -> Assignment | Problem:
    """Return what `--set section.key=value` sets."""
    name, equals, text = override.partition("=")
    path: KeyPath = tuple(name.strip().split("."))
    if not equals or not all(path):
        return Problem((override,), "write section.key=value", OVERRIDE)
    return Assignment(path, text, OVERRIDE)


def apply(one: Assignment | Problem, document: Document) -> None:
    """Put one option in place of that of the document; what is wrong becomes a problem of it."""
    if isinstance(one, Problem):
        document.problems.append(one)
        return
    value = read_yaml(one.text.encode(errors="replace"), str(one.origin))
    message = f"{one.text!r} cannot be read; put text in quotes"
    document.problems += [
        Problem(one.path, f"{message}: {problem.message}", one.origin) for problem in value.problems
    ]
    if not value.problems:
        _set(document, one, value)


def _set(document: Document, one: Assignment, value: Document) -> None:
    path, origin = one.path, one.origin
    section = _section_to_set(document, path, origin)
    if section is None:
        message = f"{dotted(path[:-1])} is not a section: set it as a whole"
        document.problems.append(Problem(path, message, origin))
        return
    section[path[-1]] = value.tree
    for place in [place for place in document.values if place[: len(path)] == path]:
        del document.values[place]
    document.values |= {(*path, *place): origin for place in value.values}
    document.keys |= {(*path, *place): origin for place in [(), *value.keys]}


def _section_to_set(
    document: Document, path: KeyPath, origin: Origin
) -> dict[str | int, object] | None:
    """Return the section that holds a path, made where there is none yet."""
    if document.tree is None:
        document.tree = {}
    section = document.tree
    for depth, key in enumerate(path[:-1], start=1):
        if not isinstance(section, dict):
            return None
        if section.get(key) is None:
            section[key] = {}
            document.values[path[:depth]] = document.keys[path[:depth]] = origin
        section = section[key]
    return section if isinstance(section, dict) else None
