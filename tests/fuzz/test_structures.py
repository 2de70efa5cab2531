"""Any schema is refused in words, or every text that random tokens spell under its mask validates."""

import asyncio
import json
import random
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.engine.constraints.constraint_maker import ConstraintMaker
from service.engine.constraints.grammar_constraint import GrammarConstraint
from service.engine.protocol.grammar import Grammar
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.errors import InvalidOption
from service.tasks.structure.structure import Structure
from tests.engine.tiny_models import served_model, tokenizer
from tests.fuzz.conftest import EXAMPLES

pytestmark = pytest.mark.fuzz

STOP = tokenizer().encode("<|im_end|>").ids[0]
ENDS = {STOP, tokenizer().encode("<|endoftext|>").ids[0]}
MOST_TOKENS = 120
SIZES = st.integers(0, 4)
NAMES = st.sampled_from(["a", "name", 'q"', "ü", "$ref", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.sampled_from([0.5, -2.25, "", "x", 'a"b', "枫"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def optional(fields: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(NAMES, inner, max_size=3)
    numbers = st.integers(-50, 50) | st.sampled_from([0.5, -1.5])
    objects = {
        "properties": properties,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$", "x"]), inner, max_size=1),
        "additionalProperties": inner,
        "required": st.lists(NAMES, max_size=2, unique=True),
        "minProperties": SIZES,
        "maxProperties": SIZES,
        "propertyNames": inner | st.builds(lambda names: {"enum": names}, st.lists(NAMES, min_size=1, unique=True)),
    }
    return st.one_of(
        st.builds(lambda fields, kind: fields | {"type": kind}, optional(objects), st.just("object")),
        st.builds(
            lambda fields, kind: fields | {"type": kind},
            optional(
                {"items": inner, "prefixItems": st.lists(inner, min_size=1, max_size=2)}
                | {"minItems": SIZES, "maxItems": SIZES, "uniqueItems": st.booleans(), "contains": inner}
                | {"minContains": SIZES, "unevaluatedItems": st.booleans()}
            ),
            st.just("array"),
        ),
        st.builds(
            lambda fields, kind: fields | {"type": kind},
            optional(
                {"minimum": numbers, "maximum": numbers, "exclusiveMinimum": numbers, "exclusiveMaximum": numbers}
                | {"multipleOf": st.sampled_from([1, 2, 5, 0.5])}
            ),
            st.sampled_from(["integer", "number"]),
        ),
        st.builds(
            lambda fields, kind: fields | {"type": kind},
            optional(
                {"minLength": SIZES, "maxLength": SIZES, "pattern": st.sampled_from(["^a+$", "b", "^[0-9]{2}", "x|y$"])}
                | {"format": st.sampled_from(["date", "ipv4", "uuid", "unheard-of"])}
            ),
            st.just("string"),
        ),
        *(
            st.builds(lambda parts, key=key: {key: parts}, st.lists(inner, min_size=1, max_size=2))
            for key in ("anyOf", "oneOf", "allOf")
        ),
        st.builds(lambda part, fields: {"not": part} | fields, inner, optional({"type": TYPES})),
        optional({"if": inner, "then": inner, "else": inner, "type": st.just("object"), "properties": properties}),
        optional(
            {
                "type": st.just("object"),
                "properties": properties,
                "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2),
                "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
                "unevaluatedProperties": st.booleans(),
            }
        ),
        optional({**objects, "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True)}),
    )


SCHEMAS = st.recursive(
    st.booleans()
    | st.builds(dict)
    | st.builds(lambda kind: {"type": kind}, TYPES)
    | st.builds(lambda value: {"const": value}, VALUES)
    | st.builds(lambda values: {"enum": values}, st.lists(VALUES, min_size=1, max_size=3)),
    extend,
    max_leaves=6,
)


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> ConstraintMaker:
    path = served_model(tmp_path_factory.mktemp("tiny"))
    return ConstraintMaker(str(path), tokenizer().get_vocab_size())


def sample(maker: ConstraintMaker, grammar: Grammar, seed: int) -> str | None:
    """A text of random tokens that the grammar allows; None if it is not whole after the most tokens."""
    generator, mask = random.Random(seed), np.empty(tokenizer().get_vocab_size(), np.bool_)
    tokens: list[int] = []
    params = SamplingParams(max_tokens=MOST_TOKENS, constraint=grammar, stop_token_ids=(STOP,))
    constraint = maker.make(Request(id="a", prompt=(1,), params=params))
    assert isinstance(constraint, GrammarConstraint)
    while len(tokens) < MOST_TOKENS and not constraint.is_complete:
        constraint.write_mask(mask)
        assert not constraint.has_failed
        allowed = np.flatnonzero(mask).tolist()
        ends = [token for token in allowed if token in ENDS]
        token = generator.choice(ends if ends and generator.random() < 0.4 else allowed)
        if token in ENDS:
            break
        tokens += [token, *_forced(constraint, token)]
    else:
        if not constraint.is_complete:
            return None
    text: str = tokenizer().decode(tokens)
    return text


def _forced(constraint: GrammarConstraint, token: int) -> list[int]:
    constraint.advance(token)
    forced = [] if constraint.is_complete else constraint.forced_tokens()
    for each in forced:
        constraint.advance(each)
    return forced


@settings(max_examples=EXAMPLES or 60, suppress_health_check=list(HealthCheck))
@given(schema=SCHEMAS, seed=st.integers(0, 9))
def test_a_schema_is_refused_or_its_texts_validate(maker: ConstraintMaker, schema: Any, seed: int) -> None:
    try:
        grammar = asyncio.run(Structure.json_schema(schema, "field").compile())
    except InvalidOption as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.startswith("field: ")
        assert any(len(word) > 2 for word in refusal.removeprefix("field: ").split())
        return
    text = sample(maker, grammar, seed)
    if text is not None:
        jsonschema.validate(json.loads(text), schema, jsonschema.Draft202012Validator)
