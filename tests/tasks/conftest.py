"""The fixtures with the models of the catalogue."""

from tests.models_fixture import default_model, smollm2  # noqa: F401 - fixtures
