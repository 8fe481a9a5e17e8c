"""Environment variables: options set outside the file, and `${NAME}` inside of paths."""

import os
from pathlib import Path

import pytest

from pipeline.__main__ import main
from pipeline.config.load import LoadedConfig, load_config
from pipeline.config.model import Config
from pipeline.config.options import is_expandable, options, section_of
from pipeline.config.section import Section
from pipeline.config.source_options import Catalogue, Events
from pipeline.errors import ConfigError

ORDERS = """\
orders:
  files: orders.csv
  columns: {order_id: order, item_id: item, ordered_at: time}
"""


def load(folder: Path, text: str, *overrides: str, **environment: str) -> LoadedConfig:
    (folder / "shop.yaml").write_text(text, encoding="utf-8")
    return load_config(folder / "shop.yaml", overrides, environment)


def problems(folder: Path, text: str, *overrides: str, **environment: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, *overrides, **environment)
    return str(caught.value).replace(f"{folder}{os.sep}", "").split("\n")


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path,
) -> None:
    text = ORDERS + "mining: {min_lift: 1, min_confidence: 0.5, max_itemset_size: 2}"
    loaded = load(
        tmp_path,
        text,
        "mining.min_lift=3",
        BASKET__MINING__MIN_LIFT="2",
        BASKET__MINING__MIN_CONFIDENCE="0.25",
    )
    found = {
        name: (getattr(loaded.config.mining, name), loaded.origins[f"mining.{name}"])
        for name in ("min_lift", "min_confidence", "max_itemset_size", "miner")
    }
    assert {
        "min_lift": (3.0, "--set"),
        "min_confidence": (0.25, "BASKET__MINING__MIN_CONFIDENCE"),
        "max_itemset_size": (2, f"{tmp_path / 'shop.yaml'}:4:62"),
        "miner": ("kernel", "default"),
    } == found


def test_a_variable_may_hold_a_list_or_a_section(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        ORDERS,
        BASKET__OUTPUT__TABLES="[also_bought, item_stats]",
        BASKET__CATALOGUE="{files: c.csv, columns: {item_id: id}}",
        BASKET__AS_OF="2011-12-01",
        BASKET__ORDERS__COLUMNS__ITEM_ID="StockCode",
    )
    assert ["also_bought", "item_stats"] == loaded.config.output.tables
    assert "BASKET__CATALOGUE" == loaded.origins["catalogue.columns.item_id"]
    assert "2011-12-01" == loaded.config.as_of
    assert "StockCode" == loaded.config.orders.columns["item_id"]


def test_an_empty_variable_and_those_of_others_are_as_if_they_were_not_there(
    tmp_path: Path,
) -> None:
    # The last three are what Kubernetes sets beside a service of the name basket.
    loaded = load(
        tmp_path,
        ORDERS,
        BASKET__AS_OF="",
        BASKET_PORT="tcp://10.0.0.1:80",
        BASKET_SERVICE_HOST="10.0.0.1",
        BASKET_PORT_80_TCP="tcp://10.0.0.1:80",
    )
    assert load(tmp_path, ORDERS).config == loaded.config


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("BASKET__ENGINE__THREAD", "1", "engine.thread: unknown key; did you mean threads?"),
        ("BASKET__ENIGNE__THREADS", "1", "enigne: unknown key; did you mean engine?"),
        ("BASKET__ENGINE__THREADS", "two", "engine.threads: two is not allowed; expected a whole"),
        ("BASKET__MINING__MIN_LIFT", "1e-3", "mining.min_lift: '1e-3' cannot be read; put text "),
        ("BASKET__ENGINE__", "1", "write BASKET__SECTION__KEY"),
        ("BASKET__", "1", "write BASKET__SECTION__KEY"),
        ("BASKET_ENGINE__THREADS", "1", "an option is set by BASKET__ENGINE__THREADS"),
        ("BASKET__ORDERS__FILES__A", "1", "orders.files.a: orders.files is not a section: set it"),
    ],
)
def test_a_variable_is_held_to_the_same_rules(
    tmp_path: Path, name: str, value: str, line: str
) -> None:
    (problem,) = problems(tmp_path, ORDERS, **{name: value})
    assert problem.startswith(f"{name}: {line}")


def test_no_option_has_a_name_that_a_variable_could_not_spell() -> None:
    paths = [path for path, _ in options(Config(events=Events(), catalogue=Catalogue()))]
    assert [] == [
        path for path in paths for key in path if key != str(key).lower() or "__" in str(key)
    ]


def test_a_path_may_name_variables(tmp_path: Path) -> None:
    text = """\
orders:
  files: ["${EXPORTS}/orders_${SHOP}.csv", more.csv]
  columns: {order_id: order, item_id: item, ordered_at: time}
output: {path: "$${HOME}/x"}
"""
    loaded = load(tmp_path, text, EXPORTS="/exports", SHOP="12")
    assert ["/exports/orders_12.csv", "more.csv"] == loaded.config.orders.files
    assert "${HOME}/x" == loaded.config.output.path
    place = f"{tmp_path / 'shop.yaml'}:2:10"
    assert f"{place} ${{EXPORTS}} ${{SHOP}}" == loaded.origins["orders.files"]


def test_a_variable_that_an_override_names_is_looked_up_too(tmp_path: Path) -> None:
    loaded = load(
        tmp_path, ORDERS, "output.path=${OUT}", OUT="/out", BASKET__ORDERS__FILES="${OUT}.csv"
    )
    assert ("/out", "/out.csv") == (loaded.config.output.path, loaded.config.orders.files)
    assert "--set ${OUT}" == loaded.origins["output.path"]


def test_a_value_of_a_variable_is_not_looked_into_again(tmp_path: Path) -> None:
    loaded = load(tmp_path, ORDERS, "output.path=${A}", A="${B}", B="b")
    assert "${B}" == loaded.config.output.path


def test_where_no_path_stands_a_variable_is_plain_text(tmp_path: Path) -> None:
    text = ORDERS.replace("item_id: item", 'item_id: "${ITEM}"')
    assert "${ITEM}" == load(tmp_path, text, ITEM="secret").config.orders.columns["item_id"]
    (problem,) = problems(tmp_path, ORDERS + 'time_zone: "${ZONE}"', ZONE="UTC")
    assert "'${ZONE}' is no time zone" in problem


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("${EXPORT}/a", "environment variable EXPORT is not set, or empty; did you mean EXPORTS?"),
        ("${EMPTY}", "environment variable EMPTY is not set, or empty"),
        ("${}", "'${}': write ${NAME}, or $${ for ${ itself"),
        ("${EXPORTS", "'${EXPORTS': write ${NAME}, or $${ for ${ itself"),
        ("${EXPORTS:-x}", "'${EXPORTS:-x}': write ${NAME}, or $${ for ${ itself"),
    ],
)
def test_a_variable_that_is_not_there_is_a_problem_at_its_place(
    tmp_path: Path, path: str, message: str
) -> None:
    text = f'{ORDERS}catalogue:\n  files: ["{path}"]\n  columns: {{item_id: id}}\nrfm: {{x: 1}}'
    assert [
        f"shop.yaml:5:11: catalogue.files.0: {message}",
        "shop.yaml:7:7: rfm.x: unknown key",
    ] == [line.split("; known")[0] for line in problems(tmp_path, text, EXPORTS="e", EMPTY="")]


def test_variables_stand_for_paths_only() -> None:
    assert {
        *("orders.files", "orders.lookups.files", "events.files", "events.lookups.files"),
        *("catalogue.files", "catalogue.lookups.files", "output.path", "engine.spill_path"),
        "privacy.customer_key_file",
        *("reports.metrics_file", "reports.lineage_file"),
        *("serving.rules", "serving.manual", "serving.blacklist", "serving.relations.scene.file"),
        *("serving.relations.accessory.file", "serving.relations.other_brand_up_sell.tiers"),
        *("campaigns.contacts", "campaigns.customers"),
    } == set(_expandable(Config))


def _expandable(section: type[Section], path: str = "") -> list[str]:
    found = []
    for name, field in section.model_fields.items():
        below = section_of(field.annotation)
        found += _expandable(below, f"{path}{name}.") if below else []
        found += [f"{path}{name}"] if is_expandable(field) else []
    return found


def test_the_commands_read_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop.yaml").write_text(ORDERS, encoding="utf-8")
    monkeypatch.setenv("BASKET__ENGINE__THREADS", "2")
    assert 0 == main(["config", str(tmp_path / "shop.yaml")])
    shown = next(
        line for line in capsys.readouterr().out.splitlines() if line.startswith("engine.threads")
    )
    assert ["engine.threads", "2", "BASKET__ENGINE__THREADS"] == shown.split()
