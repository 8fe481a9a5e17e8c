"""The options of the model by their path: which exist, and what they are set to."""

from collections.abc import Iterable, Iterator
from typing import get_args

from pydantic.fields import FieldInfo

from pipeline.config.problems import KeyPath
from pipeline.config.section import Expandable, Section


def section_of(annotation: object) -> type[Section] | None:
    """Return the section that a field holds, directly, as an option or as a list of them."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := section_of(part))), None)


def is_expandable(field: FieldInfo) -> bool:
    """Return whether `${NAME}` stands for an environment variable in an option."""
    return _is_marked(field.metadata) or _is_marked(get_args(field.annotation))


def known_keys(path: KeyPath, section: type[Section]) -> list[str]:
    """Return the keys that the section at a path below another one knows."""
    for key in path:
        if isinstance(key, str):
            section = section_of(section.model_fields[key].annotation) or section
    return list(section.model_fields)


def options(section: Section, path: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """Yield every option and its value, in the order of the model; a list is one value."""
    for key in type(section).model_fields:
        yield from _options_at(getattr(section, key), (*path, key))


def plain(value: object) -> object:
    """Return a value with its sections as mappings, as it would stand in YAML."""
    if isinstance(value, Section):
        return value.model_dump()
    return [plain(item) for item in value] if isinstance(value, list) else value


def _options_at(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, object]]:
    if isinstance(value, Section):
        yield from options(value, path)
    elif isinstance(value, dict) and value:
        yield from (((*path, key), part) for key, part in value.items())
    else:
        yield path, plain(value)


def _is_marked(annotations: Iterable[object]) -> bool:
    return any(
        isinstance(one, Expandable)
        or _is_marked(getattr(one, "__metadata__", ()))
        or _is_marked(get_args(one))
        for one in annotations
    )
