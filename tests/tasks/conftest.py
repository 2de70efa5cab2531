from tests.models_fixture import default_model, smollm2  # noqa: F401 - fixtures
