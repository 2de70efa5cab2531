"""Fixtures of the encoder's tests."""

from tests.models_fixture import minilm  # noqa: F401 - a fixture
