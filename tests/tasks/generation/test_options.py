"""Options: their own fields and the engine's sampling parameters, by name."""

import pytest

from service.tasks.generation.options import GREEDY, Options


def test_values_reach_the_options_or_the_sampling_parameters_by_name() -> None:
    options = Options.from_values(n=2, seed=7, temperature=0.5, top_k=3)
    assert (options.n, options.seed) == (2, 7)
    assert (options.params.temperature, options.params.top_k) == (0.5, 3)


def test_max_tokens_and_seed_are_fields_of_the_options() -> None:
    options = Options.from_values(max_tokens=5, seed=7)
    assert (options.max_tokens, options.seed) == (5, 7)
    assert options.params == Options().params


def test_other_values_leave_the_first_options_unchanged() -> None:
    first = Options.from_values(top_p=0.9)
    second = first.with_values(temperature=0.0, n=3)
    assert first == Options.from_values(top_p=0.9)
    assert second == Options.from_values(top_p=0.9, temperature=0.0, n=3)


def test_options_are_made_again_from_their_values() -> None:
    options = Options.from_values(n=2, stop=("x",), temperature=0.5, logit_bias={1: 2.0})
    assert Options.from_values(**options.values()) == options


def test_the_defaults_have_no_limit_and_no_seed() -> None:
    assert (GREEDY.max_tokens, GREEDY.seed, GREEDY.params.temperature) == (None, None, 0.0)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(TypeError):
        Options.from_values(temprature=0.5)
