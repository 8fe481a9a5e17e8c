"""The model as a JSON Schema, by which editors complete and check a configuration.

The loader checks more: what depends on several options, and what YAML readers disagree on.
"""

import json
from typing import Any, Final

from pipeline.config.check import CANONICAL_COLUMNS
from pipeline.config.model import Config
from pipeline.names import TABLES

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema_text() -> str:
    """Return the text of `docs/basket.schema.json`."""
    return json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"


def config_schema() -> dict[str, Any]:
    """Return the schema of a configuration file."""
    schema = tidy(Config.model_json_schema())
    for source, columns in CANONICAL_COLUMNS.items():
        options = schema["$defs"][source.capitalize()]["properties"]
        options["columns"]["propertyNames"] = {"enum": list(columns)}
    tables = schema["$defs"]["Output"]["properties"]["tables"]
    tables["items"] = {"enum": list(TABLES)}
    return {"$schema": DIALECT, "title": "Configuration of basket", **schema}


def tidy(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Leave out what tells nothing: titles made of names, sections as defaults, line ends."""
    if isinstance(part, list):
        return [tidy(one) for one in part]
    if isinstance(part, str):
        return " ".join(part.split())
    if not isinstance(part, dict):
        return part
    idle = {"title"} if isinstance(part.get("title"), str) else set()
    idle |= {"default"} if "$ref" in part else set()
    return {key: tidy(one) for key, one in part.items() if key not in idle}
