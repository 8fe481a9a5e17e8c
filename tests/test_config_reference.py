"""`configs/reference.yaml` shows the whole model, and the other configurations are valid."""

from pipeline.config.load import load_config
from pipeline.config.model import Config
from pipeline.config.options import section_of
from pipeline.config.problems import dotted
from pipeline.config.reference import reference_yaml
from pipeline.config.section import Section
from pipeline.config.source_options import Catalogue, Events
from pipeline.config.strict_yaml import read_yaml
from tests.conftest import PROJECT


def test_the_reference_file_equals_the_model() -> None:
    text = (PROJECT / "configs" / "reference.yaml").read_text(encoding="utf-8")
    assert reference_yaml() == text
    document = read_yaml(text.encode(), "reference.yaml")
    assert [] == document.problems
    expected = Config(events=Events(), catalogue=Catalogue())
    assert expected == Config.model_validate(document.tree, strict=True)


def test_the_reference_file_shows_every_option_with_its_meaning() -> None:
    document = read_yaml(reference_yaml().encode(), "reference.yaml")
    lines = " ".join(line.strip().removeprefix("#") for line in reference_yaml().splitlines())
    words = " ".join(lines.split())
    shown = {dotted(path) for path in document.keys}
    for path, description, is_entry in _every_option(Config):
        assert path in shown or is_entry, path
        assert " ".join(description.split()) in words, path


def _every_option(
    section: type[Section], path: str = "", *, is_entry: bool = False
) -> list[tuple[str, str, bool]]:
    rows = []
    for name, field in section.model_fields.items():
        below = section_of(field.annotation)
        is_list = str(field.annotation).startswith("list[")
        rows.append((f"{path}{name}", field.description or "", is_entry))
        if below:
            rows += _every_option(below, f"{path}{name}.", is_entry=is_entry or is_list)
    return rows


def test_every_configuration_of_the_project_is_valid() -> None:
    files = sorted((PROJECT / "configs").glob("*.yaml"))
    loaded = [load_config(file) for file in files if file.name != "reference.yaml"]
    assert loaded
    assert all(config.folder == PROJECT / "configs" for config in loaded)
