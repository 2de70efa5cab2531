"""Request fields become options: by name, with the operator's limits and the rights of the key."""

from typing import Any

import pytest

from service.api.errors import ApiError
from service.api.native.answer.request import AnswerRequest
from service.api.openai.chat.request import ChatCompletionRequest
from service.api.requests.options import greedy_options, to_options
from service.api.requests.sampling_fields import SamplingFields, SharedSamplingFields
from service.engine.protocol.sampling_params import SamplingParams
from service.keys.caller import UNRESTRICTED, Caller
from service.settings import Settings
from service.tasks.generation.options import GREEDY, Options

SETTINGS = Settings()

# A value for each sampling parameter that has a field of the same name.
VALUES: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 4,
    "min_p": 0.1,
    "repetition_penalty": 1.1,
    "presence_penalty": 0.2,
    "frequency_penalty": 0.3,
    "logit_bias": {"3": -1.0},
    "seed": 11,
    "stop_token_ids": [7, 0],
    "min_tokens": 2,
    "no_repeat_ngram_size": 3,
}
ENGINE_VALUES = VALUES | {"logit_bias": {3: -1.0}, "stop_token_ids": (7, 0)}


def options(fields: SharedSamplingFields, caller: Caller = UNRESTRICTED, **values: Any) -> Options:
    return to_options(fields, SETTINGS, caller, **{"temperature": 1.0, "max_tokens": 9} | values)


def test_every_shared_name_has_a_value_here() -> None:
    assert set(VALUES) == set(SamplingFields.model_fields) & set(SamplingParams.__struct_fields__)


def test_sampling_parameters_are_carried_by_name() -> None:
    values = options(SamplingFields(**VALUES)).values()
    assert {name: values[name] for name in ENGINE_VALUES} == ENGINE_VALUES


def test_fields_that_are_not_given_have_defaults() -> None:
    assert options(SamplingFields()).values() == Options.from_values(temperature=1.0, max_tokens=9).values()
    assert options(SamplingFields(**dict.fromkeys(VALUES))).values() == options(SamplingFields()).values()


@pytest.mark.parametrize("top_k", [-1, 0])
def test_top_k_can_be_switched_off(top_k: int) -> None:
    assert options(SamplingFields(top_k=top_k)).params.top_k == 0


def test_the_number_of_answers_is_no_sampling_parameter() -> None:
    assert options(AnswerRequest(question="x", top_k=3)).params.top_k == 0


def test_fields_with_another_meaning_are_not_carried() -> None:
    """In chat completions ``logprobs`` is true or false."""
    body = ChatCompletionRequest.model_validate({"messages": [{"role": "user", "content": "x"}], "logprobs": True})
    assert options(body).params.logprobs is None
    assert options(body, logprobs=3).params.logprobs == 3


def test_the_text_side_of_the_options() -> None:
    fields = SamplingFields(stop=["a"], include_stop_str_in_output=True, ignore_eos=True, skip_special_tokens=False)
    made = options(fields, n=3)
    assert (made.stop, made.include_stop, made.ignore_eos, made.skip_special_tokens) == (("a",), True, True, False)
    assert (made.n, made.max_tokens) == (3, 9)


@pytest.mark.parametrize(
    ("fields", "values", "param"),
    [
        ({}, {"n": 10_000}, "n"),
        ({"stop": ["x"] * 100}, {}, "stop"),
        ({"stop": ["x" * 10_000]}, {}, "stop"),
        ({"logit_bias": {str(i): 1 for i in range(10_000)}}, {}, "logit_bias"),
    ],
)
def test_limits_of_the_operator(fields: dict[str, Any], values: dict[str, Any], param: str) -> None:
    with pytest.raises(ApiError) as error:
        options(SamplingFields(**fields), **values)
    assert (error.value.status, error.value.param) == (400, param)


def test_the_key_decides_tenant_salt_and_priority() -> None:
    caller = Caller(name="me", priority=5, salt="s")
    for made in (options(SamplingFields(), caller), greedy_options(caller)):
        assert (made.tenant, made.cache_salt, made.priority) == ("me", "s/", 5)
    mine = options(SamplingFields(priority=7, cache_salt="x"), caller)
    assert (mine.priority, mine.cache_salt) == (7, "s/x")
    with pytest.raises(ApiError) as error:
        options(SamplingFields(priority=4), caller)
    assert (error.value.status, error.value.code) == (403, "priority_not_allowed")


def test_greedy_options() -> None:
    assert greedy_options(UNRESTRICTED, max_tokens=3).values() == GREEDY.with_values(max_tokens=3).values()
