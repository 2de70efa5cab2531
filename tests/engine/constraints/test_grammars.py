"""Grammars in the engine: outputs are in the grammar, whatever else happens to the sequence."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from llguidance import LLMatcher, LLTokenizer

from service.engine.constraints.grammar_constraint import GrammarConstraint
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.grammar import Grammar
from service.engine.protocol.messages import decode_command
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.errors import EngineError
from service.processes.messages import Submit, encode
from tests.engine.configs import engine_config
from tests.engine.stepping import prompt
from tests.engine.tiny_models import SPECIAL_TOKENS, tiny_model, tokenizer
from tests.fakes.tokenizer import EOS, byte_library

STOP = tokenizer().token_to_id("<|im_end|>")
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 12},
        "kind": {"enum": ["harbour", "lighthouse", "railway station"]},
        "is_open": {"type": "boolean"},
        "levels": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 99}, "maxItems": 3},
    },
    "required": ["name", "kind", "is_open", "levels"],
    "additionalProperties": False,
}
DATES = Grammar(LLMatcher.grammar_from_regex(r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]"))


def json_grammar(schema: dict[str, Any]) -> Grammar:
    return Grammar(LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": False}))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model("llama", tmp_path_factory.mktemp("tiny"), max_position_embeddings=256)


def make_engine(path: Path, **limits: Any) -> Engine:
    config = engine_config(path, device="cpu", dtype="float32", **({"max_model_len": 256, "num_blocks": 400} | limits))
    return Engine(ModelRunner(config), config)


def make_request(name: str, grammar: Grammar | None, *, seed: int = 0, **params: Any) -> Request:
    fields: dict[str, Any] = {"max_tokens": 120, "temperature": 1.0, "seed": seed, "stop_token_ids": (STOP,)} | params
    return Request(id=name, prompt=tuple(prompt(9, seed)), params=SamplingParams(constraint=grammar, **fields))


class Outputs:
    """The outputs of an engine until it has no more work."""

    def __init__(self, engine: Engine, requests: Iterable[Request]) -> None:
        self.tokens: dict[str, list[int]] = {}
        self.finish: dict[str, str] = {}
        self.logprobs: dict[str, list[float]] = {}
        self.error_kinds: dict[str, str] = {}
        self.hypotheses: dict[str, list[tuple[int, ...]]] = {}
        self.preempted = self.steps = 0
        for request in requests:
            (sent,) = decode_command(encode(Submit([request]))).requests
            engine.add(sent)
            self.tokens[request.id] = []
        while engine.has_work:
            step = engine.step()
            self.steps += 1
            self.preempted += step.stats.num_preempted
            for output in step.outputs:
                if output.token is not None:
                    self.tokens[output.request_id].append(output.token)
                if output.logprob is not None:
                    self.logprobs.setdefault(output.request_id, []).append(output.logprob.logprob)
                if output.hypotheses:
                    self.hypotheses[output.request_id] = [each.tokens for each in output.hypotheses]
                if output.finish is not None:
                    self.finish[output.request_id] = output.finish
                    self.error_kinds[output.request_id] = output.error_kind
        assert engine.blocks_used == 0

    def text(self, name: str) -> str:
        text: str = tokenizer().decode(self.tokens[name])
        return text


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_outputs_validate_and_end_by_themselves(path: Path, temperature: float) -> None:
    requests = [make_request(str(n), json_grammar(SCHEMA), seed=n, temperature=temperature) for n in range(8)]
    found = Outputs(make_engine(path), requests)
    for request in requests:
        assert found.finish[request.id] == "complete"
        jsonschema.validate(json.loads(found.text(request.id)), SCHEMA)
    assert temperature == 0.0 or len({found.text(request.id) for request in requests}) > 1


def test_forced_tokens_are_computed_together(path: Path) -> None:
    (constant,) = (json_grammar({"const": "the quick brown fox jumps over the lazy dog"}),)
    found = Outputs(make_engine(path), [make_request("a", constant)])
    assert found.text("a") == '"the quick brown fox jumps over the lazy dog"'
    assert len(found.tokens["a"]) > 8
    assert found.steps <= 3


def test_forced_tokens_count_and_have_the_probability_1(path: Path) -> None:
    constant = json_grammar({"const": "the quick brown fox jumps over the lazy dog"})
    found = Outputs(make_engine(path), [make_request("a", constant, max_tokens=5, logprobs=1)])
    assert (len(found.tokens["a"]), found.finish["a"]) == (5, "length")
    assert found.logprobs["a"][1:] == [0.0] * 4


def test_a_text_may_end_only_where_the_grammar_ends(path: Path) -> None:
    requests = [make_request(str(n), DATES, seed=n, logit_bias={STOP: 100.0}) for n in range(6)]
    found = Outputs(make_engine(path), requests)
    for request in requests:
        assert re.fullmatch(r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]", found.text(request.id))
        assert found.finish[request.id] == "complete"


def test_neighbours_and_preemption_change_nothing(path: Path) -> None:
    requests = [make_request(str(n), (json_grammar(SCHEMA), DATES, None)[n % 3], seed=n) for n in range(9)]
    crowd = Outputs(make_engine(path, num_blocks=12, max_model_len=160), requests)
    assert crowd.preempted
    for request in requests:
        alone = Outputs(make_engine(path, max_model_len=160), [request])
        assert crowd.tokens[request.id] == alone.tokens[request.id]


def test_each_beam_of_a_search_follows_the_grammar(path: Path) -> None:
    beams = BeamParams(num_beams=4, num_return=4)
    requests = [make_request(str(n), DATES, seed=n, temperature=0.0, max_tokens=20, beams=beams) for n in range(4)]
    found = Outputs(make_engine(path), requests)
    crowd = Outputs(make_engine(path, num_blocks=9, max_model_len=32), requests)
    assert crowd.preempted
    for request in requests:
        texts = [tokenizer().decode(tokens) for tokens in found.hypotheses[request.id]]
        assert len(set(texts)) == 4
        assert all(re.fullmatch(r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]", text) for text in texts)
        assert found.finish[request.id] == "complete"
        assert crowd.hypotheses[request.id] == found.hypotheses[request.id]


def test_a_request_that_is_continued_by_another_engine_has_the_same_output(path: Path) -> None:
    request = make_request("a", json_grammar(SCHEMA), seed=3)
    whole = Outputs(make_engine(path), [request]).tokens["a"]
    engine = make_engine(path)
    for count in range(1, len(whole)):
        generated = tuple(whole[:count])
        continued = Request(id="a", prompt=request.prompt, params=request.params, generated=generated)
        assert [*generated, *Outputs(engine, [continued]).tokens["a"]] == whole


def test_special_tokens_are_no_part_of_a_text(path: Path) -> None:
    anything = json_grammar({"type": "string", "maxLength": 30})
    special = {id: 100.0 for name in SPECIAL_TOKENS if (id := tokenizer().token_to_id(name)) != STOP}
    found = Outputs(make_engine(path), [make_request("a", anything, logit_bias=special)])
    assert not special.keys() & set(found.tokens["a"])


@pytest.mark.parametrize(
    "source", ["no grammar", '{"grammars": [{"json_schema": {"type": "nothing"}}]}', "start: /(?=a)b/"]
)
def test_a_grammar_that_cannot_be_used_fails_alone(path: Path, source: str) -> None:
    requests = [make_request("a", Grammar(source)), make_request("b", DATES)]
    found = Outputs(make_engine(path), requests)
    assert (found.finish["a"], found.error_kinds["a"], found.tokens["a"]) == ("error", "constraint", [])
    assert found.finish["b"] == "complete"


def test_a_checkpoint_without_a_tokenizer_refuses_grammars(path: Path, tmp_path: Path) -> None:
    bare = tiny_model("llama", tmp_path, max_position_embeddings=256)
    (bare / "tokenizer.json").unlink()
    with pytest.raises(EngineError, match="no tokenizer that grammars can be used with"):
        make_engine(bare).add(make_request("a", DATES))


def test_only_stop_tokens_end_a_text() -> None:
    """llguidance guesses the tokens that end a text. Here it takes the first one, which is "!"."""
    texts = LLTokenizer(byte_library().to_str())
    assert [byte_library().id_to_token(id) for id in texts.eos_tokens] == ["!"]
    grammar = LLMatcher.grammar_from_regex("ab?")
    constraint = GrammarConstraint(
        lambda: LLMatcher(texts, grammar), [EOS], end_token_ids=texts.eos_tokens, has_canonical_tokens=True
    )
    mask = np.zeros(257, np.bool_)
    allowed = []
    for text in ("", "a", "b"):
        for token in byte_library().encode(text).ids:
            constraint.advance(token)
        constraint.write_mask(mask)
        allowed.append([byte_library().id_to_token(int(id)) for id in np.flatnonzero(mask)])
    assert allowed == [["a"], ["b", "<|end|>"], ["<|end|>"]]
