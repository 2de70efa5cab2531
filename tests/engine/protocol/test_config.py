"""The configurations of the child processes have no defaults: the settings own them."""

import msgspec
import pytest

from service.encoder.messages import EncoderConfig
from service.engine.protocol.config import EngineConfig
from service.models.contracts.model_config import ModelConfig
from service.settings import Settings
from tests.engine.configs import engine_config


@pytest.mark.parametrize("config", [ModelConfig, EngineConfig, EncoderConfig])
def test_every_field_must_be_given(config: type[msgspec.Struct]) -> None:
    assert all(field.required for field in msgspec.structs.fields(config))


@pytest.mark.parametrize("config", [EngineConfig, EncoderConfig])
def test_every_field_but_those_of_one_model_is_a_setting(config: type[msgspec.Struct]) -> None:
    assert set(config.__struct_fields__) - {"model_path", "draft_model_path", "head", "adapters"} <= set(
        Settings.model_fields
    )


def test_the_configuration_survives_the_way_to_the_process() -> None:
    config = engine_config("somewhere", max_num_seqs=3)
    assert msgspec.json.decode(msgspec.json.encode(config), type=EngineConfig) == config
