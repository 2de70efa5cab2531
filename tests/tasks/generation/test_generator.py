"""From prompts and messages to generation requests, and the prompts and options that are refused."""

from functools import partial
from typing import Any

import pytest
import tokenizers

from service.errors import InvalidOption, InvalidPrompt, NoChatTemplate, PromptTooLong, UnknownToken
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.fill_in import Gap
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.engine import ScriptedEngine, says
from tests.tasks.text.test_chat_template import CHATML
from tests.tasks.text.vocabularies import byte_fallback, byte_level, tokenizer

CHAT = Tokenizer(byte_level(), eos_token_ids=[0], chat_template=ChatTemplate(CHATML, {}))


def generator(kind: Tokenizer = CHAT, **limits: Any) -> Generator:
    info: dict[str, Any] = {"max_model_len": 2048, "num_blocks": 256, "vocab_size": 1000}
    return Generator(ScriptedEngine(says([1, 2]), **(info | limits)).client, kind, max_output_tokens=64)


async def test_a_text_is_encoded_with_its_special_tokens() -> None:
    request = await generator(tokenizer("byte_fallback")).from_prompt("the day", Options())
    assert request.prompt == tuple(byte_fallback().encode("the day").ids)
    assert request.prompt[0] == 1


async def test_token_ids_are_used_as_they_are() -> None:
    request = await generator(tokenizer("byte_fallback")).from_prompt([5, 6], Options())
    assert request.prompt == (5, 6)


async def test_messages_go_through_the_template() -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello"}]
    asked = await generator().from_messages(messages[:1], Options())
    assert CHAT.decode(asked.prompt) == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    continued = await generator().from_messages(messages, Options(), continue_final_message=True)
    assert CHAT.decode(continued.prompt).endswith("<|im_start|>assistant\nHello")


async def test_options_reach_the_engine() -> None:
    options = Options.from_values(
        max_tokens=9,
        min_tokens=2,
        temperature=0.5,
        top_k=4,
        top_p=0.9,
        min_p=0.1,
        repetition_penalty=1.1,
        presence_penalty=0.2,
        frequency_penalty=0.3,
        logit_bias={3: -1.0},
        seed=11,
        stop=("x",),
        include_stop=True,
        stop_token_ids=(7, 0),
        logprobs=2,
        prompt_logprobs=1,
        skip_special_tokens=False,
        n=3,
        priority=-1,
        cache_salt="s",
        tenant="t",
    )
    request = await generator().from_prompt("hi", options)
    params = request.params
    assert params.stop_token_ids == (0, 7)
    for name, value in options.values().items():
        if name not in {"stop_token_ids", "ignore_eos"}:
            assert getattr(params if hasattr(params, name) else request.options, name) == value


async def test_a_prediction_becomes_tokens_without_special_ones() -> None:
    model = generator(tokenizer("byte_fallback"), max_model_len=6)
    request = await model.from_prompt([5, 6], Options.from_values(prediction="the day", max_tokens=2))
    expected = byte_fallback().encode("the day", add_special_tokens=False).ids
    assert request.prediction == tuple(expected[:6])
    assert (await model.from_prompt([5, 6], Options(max_tokens=2))).prediction == ()


async def test_the_end_of_text_can_be_ignored() -> None:
    request = await generator().from_prompt("hi", Options.from_values(ignore_eos=True, stop_token_ids=(7,)))
    assert request.params.stop_token_ids == (7,)


async def test_without_a_seed_every_request_gets_its_own() -> None:
    seeds = {(await generator().from_prompt("hi", Options())).params.seed for _ in range(4)}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize(("limit", "expected"), [(2048, 64), (12, 2), (11, 1)])
async def test_without_max_tokens_the_output_may_fill_the_room_up_to_the_default(limit: int, expected: int) -> None:
    request = await generator(max_model_len=limit).from_prompt([5] * 10, Options())
    assert request.params.max_tokens == expected


@pytest.mark.parametrize("limits", [{"max_model_len": 32}, {"num_blocks": 2}])
async def test_a_request_that_can_never_fit_is_refused_with_both_numbers(limits: dict[str, Any]) -> None:
    with pytest.raises(PromptTooLong) as error:
        await generator(**limits).from_prompt([5] * 30, Options(max_tokens=3))
    assert (error.value.prompt_tokens, error.value.max_tokens, error.value.limit) == (30, 3, 32)
    assert error.value.param == "max_tokens"
    assert all(number in str(error.value) for number in ("30", "3", "32"))
    assert (await generator(**limits).from_prompt([5] * 30, Options(max_tokens=2))).params.max_tokens == 2


@pytest.mark.parametrize(
    ("length", "max_tokens", "expected"), [(20, 5, 5), (20, 500, 12), (20, None, 12), (32, 0, 0), (30, 0, 0)]
)
async def test_a_text_that_fills_the_context_is_cut_there(length: int, max_tokens: int | None, expected: int) -> None:
    options = Options(max_tokens=max_tokens, fill_context=True)
    request = await generator(max_model_len=32).from_prompt([5] * length, options)
    assert request.params.max_tokens == expected


@pytest.mark.parametrize(("length", "max_tokens"), [(32, 500), (32, None), (33, 0), (40, 5)])
async def test_a_prompt_that_fills_the_context_itself_is_refused(length: int, max_tokens: int | None) -> None:
    options = Options(max_tokens=max_tokens, fill_context=True)
    with pytest.raises(PromptTooLong, match="no room for output") as error:
        await generator(max_model_len=32).from_prompt([5] * length, options)
    assert error.value.param == "prompt"


async def test_a_prompt_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(PromptTooLong, match="32 are in the prompt") as error:
        await generator(max_model_len=32).from_prompt([5] * 32, Options())
    assert error.value.max_tokens is None
    assert error.value.param == "prompt"


@pytest.mark.parametrize(
    ("length", "max_tokens", "param"), [(31, 2, "num_predict"), (32, 1, "prompt"), (33, 0, "prompt")]
)
async def test_the_field_that_is_too_large_is_named(length: int, max_tokens: int, param: str) -> None:
    options = Options(max_tokens=max_tokens, max_tokens_param="num_predict")
    with pytest.raises(PromptTooLong) as error:
        await generator(max_model_len=32).from_prompt([5] * length, options)
    assert error.value.param == param


async def test_a_full_prompt_can_be_scored() -> None:
    request = await generator(max_model_len=32).from_prompt([5] * 32, Options(max_tokens=0))
    assert request.params.max_tokens == 0


@pytest.mark.parametrize(
    ("count", "max_tokens", "kept"), [(4, 3, 4), (20, 3, 10), (-1, 30, 2), (-1, 3, 10), (-1, None, 1), (-1, 40, 1)]
)
async def test_only_the_last_tokens_of_a_prompt_count(count: int, max_tokens: int | None, kept: int) -> None:
    prompt = list(range(5, 15))
    options = Options(max_tokens=max_tokens, truncate_prompt_tokens=count)
    made = generator(max_model_len=32)
    if max_tokens == 40:
        with pytest.raises(PromptTooLong):
            await made.from_prompt(prompt, options)
    else:
        assert (await made.from_prompt(prompt, options)).prompt == tuple(prompt[-kept:])


async def test_bad_words_are_spelled_with_a_space_and_without() -> None:
    made = generator(tokenizer("byte_level"))
    params = (await made.from_prompt("hi", Options(bad_words=("the", " day")))).params
    encode = partial(made.tokenizer.encode, add_special_tokens=False)
    assert params.forbidden is not None
    assert set(params.forbidden.sequences) == {tuple(encode(text)) for text in ("the", " the", "day", " day")}


async def test_too_many_log_probabilities_of_a_prompt_are_refused() -> None:
    prompt = [5] * 2000
    for n, top in ((3, 20), (1, 64), (6, 9)):
        fits = Options.from_values(max_tokens=1, n=n, prompt_logprobs=top)
        assert (await generator().from_prompt(prompt, fits)).options.n == n
    with pytest.raises(InvalidOption, match=r"8000 prompt tokens.*168000.*131072") as error:
        await generator().from_prompt(prompt, Options.from_values(max_tokens=1, n=4, prompt_logprobs=20))
    assert error.value.param == "logprobs"


@pytest.mark.parametrize("prompt", ["", []])
async def test_an_empty_prompt_is_refused(prompt: str | list[int]) -> None:
    with pytest.raises(InvalidPrompt, match="empty"):
        await generator().from_prompt(prompt, Options())


@pytest.mark.parametrize("id", [-1, 1000, 2**40])
async def test_tokens_outside_the_vocabulary_are_refused(id: int) -> None:
    with pytest.raises(UnknownToken, match="vocabulary of 1000") as error:
        await generator().from_prompt([1, id], Options())
    assert error.value.param == "prompt"
    with pytest.raises(UnknownToken) as error:
        await generator().from_prompt([1], Options.from_values(logit_bias={id: 1.0}))
    assert error.value.param == "logit_bias"
    with pytest.raises(UnknownToken) as error:
        await generator().from_prompt([1], Options.from_values(stop_token_ids=(id,)))
    assert error.value.param == "stop_token_ids"


async def test_a_text_with_tokens_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(UnknownToken):
        await generator(vocab_size=600).from_prompt("<tool call>", Options())


async def test_min_tokens_above_max_tokens_is_refused() -> None:
    with pytest.raises(InvalidOption) as error:
        await generator().from_prompt("hi", Options.from_values(min_tokens=5, max_tokens=4))
    assert error.value.param == "min_tokens"


async def test_messages_need_a_template() -> None:
    with pytest.raises(NoChatTemplate):
        await generator(tokenizer("byte_level")).from_messages([{"role": "user", "content": "hi"}], Options())


async def test_a_generator_starts_a_completion() -> None:
    ready = generator()
    with ready.start([await ready.from_prompt("hi", Options())]) as completion:
        [[choice]] = await completion.collect()
    assert [output.token for output in choice.tokens] == [1, 2]


async def test_a_suffix_makes_a_prompt_that_asks_for_the_middle() -> None:
    library = byte_fallback_with("<fim_prefix>", "<fim_suffix>", "<fim_middle>")
    made = generator(Tokenizer(library, eos_token_ids=[2]))
    marks = [library.token_to_id(f"<fim_{name}>") for name in ("prefix", "suffix", "middle")]
    encode = partial(made.tokenizer.encode, add_special_tokens=False)
    request = await made.from_prompt("the day", Options.from_values(stop_token_ids=(7,)), gap=Gap(suffix="of"))
    middle = [marks[0], *encode("the day"), marks[1], *encode("of"), marks[2]]
    assert request.prompt == (1, *middle)
    assert request.params.stop_token_ids == (2, 7, *marks)
    alone = await made.from_prompt([5], Options(), gap=Gap(suffix="of"), add_special_tokens=False)
    assert alone.prompt[:2] == (marks[0], 5)
    assert (await made.from_prompt([5], Options(ignore_eos=True), gap=Gap(suffix="of"))).params.stop_token_ids == ()


async def test_files_come_before_the_gap_and_its_beginning_after_it() -> None:
    names = [f"<|{name}|>" for name in ("fim_prefix", "fim_suffix", "fim_middle", "repo_name", "file_sep")]
    gap = Gap(suffix="of", beginning="the", files=[("a", "the"), ("b", "of")])
    for marks in (names[:3], names):
        library = byte_fallback_with(*marks)
        made = generator(Tokenizer(library, eos_token_ids=[2]))
        encode = partial(made.tokenizer.encode, add_special_tokens=False)
        prefix, suffix, middle, *of_files = (library.token_to_id(mark) or 0 for mark in marks)
        files = encode("theof")
        if of_files:
            repository, file = of_files
            files = [repository, *encode("myproject\n"), file, *encode("a\nthe\n"), file, *encode("b\nof\n")]
            files += [file, *encode("filename\n")]
        expected = (1, *files, prefix, *encode("day"), suffix, *encode("of"), middle, *encode("the"))
        assert (await made.from_prompt("day", Options(), gap=gap)).prompt == expected


async def test_a_suffix_for_a_model_without_marks_is_refused() -> None:
    with pytest.raises(InvalidOption, match="no fill-in-the-middle tokens") as error:
        await generator().from_prompt("hi", Options(), gap=Gap(suffix="there"))
    assert error.value.param == "suffix"


def byte_fallback_with(*marks: str) -> tokenizers.Tokenizer:
    """A copy of the tokenizer with a beginning of texts, and with marks."""
    library = tokenizers.Tokenizer.from_str(byte_fallback().to_str())
    library.add_special_tokens(list(marks))
    return library
