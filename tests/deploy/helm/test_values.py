"""The values of the Helm chart: their schema knows all of them and nothing else. Needs no Helm."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import yaml

from service import __version__
from service.settings import Settings, env_name
from tests.deploy.helm.chart import CHART

# The chart sets these itself.
OWN = {"allow_unauthenticated", "config", "host", "keys_file", "model_dir", "port"}
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
TEMPLATES = "".join(path.read_text(encoding="utf-8") for path in sorted(CHART.rglob("templates/**/*.*")))


def paths(schema: dict[str, Any], *above: str) -> Iterator[tuple[str, ...]]:
    """The names of all values that the schema allows, each with the names of the groups above it."""
    for name, below in schema["properties"].items():
        if "properties" in below:
            yield from paths(below, *above, name)
        else:
            yield (*above, name)


def test_the_defaults_are_valid_and_an_unknown_name_is_not() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(VALUES, SCHEMA)
    for wrong in ({"replica": 1}, {"keys": {"secret": "a"}}, {"settings": {"max_reqests": 3}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMA)


def test_every_value_has_a_default_which_the_file_shows() -> None:
    optional = {("global",), ("resources", "claims"), ("podSecurityContext", "supplementalGroups")}
    for path in paths(SCHEMA):
        if path in optional or path[0] == "settings":
            continue
        found = VALUES
        for name in path:
            assert name in found, path
            found = found[name]


def test_every_value_is_used() -> None:
    """A group that a template takes as a whole counts for all that is in it."""
    for path in paths({"properties": {name: SCHEMA["properties"][name] for name in VALUES}}):
        if path[0] == "settings":
            continue
        wholes = [".Values." + ".".join(path[: length + 1]) for length in range(len(path))]
        assert any(re.search(re.escape(whole) + r"(?![\w.])", TEMPLATES) for whole in wholes), path


def test_settings_are_those_of_the_service() -> None:
    """values.schema.json names every setting, so a new one must be added there."""
    named = SCHEMA["properties"]["settings"]
    assert sorted(named["properties"]) == sorted(Settings.model_fields.keys() - OWN)
    assert all(name in named["description"] for name in OWN)
    variables = {env_name(name) for name in OWN}
    assert set(re.findall(r"TRIVIUM_\w+", TEMPLATES)) == variables


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    assert chart["appVersion"] == __version__
