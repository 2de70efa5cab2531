"""Encoder-decoders that the kernels compute, compared with transformers' modules; and the same bits in every mix."""

import numpy as np
import pytest
import torch
from torch import Tensor

from service.errors import UnsupportedAdapter
from service.models.contracts.lora import LoraAdapter
from tests.models.native.codec_models import (
    FAMILIES,
    CodecStepper,
    build_codec,
    native_codec,
    random_source,
    random_tokens,
    reference,
)

SOURCES = (1, 5, 40, 19, 300)  # positions; the last ones are longer than a block, and than a span of the attention
OUTPUTS = (9, 50, 3, 20, 290)  # tokens


def computed(stepper: CodecStepper, sources: list[Tensor], tokens: list[list[int]]) -> list[tuple[Tensor, Tensor]]:
    """Hidden states of the encoder and logits of all sequences, in two encodings and in chunks of many sizes."""
    rows = [stepper.add(*pair) for pair in zip(sources, tokens, strict=True)]
    hidden = [*stepper.encode(*rows[:2]), *stepper.encode(*rows[2:])]
    logits: dict[int, list[Tensor]] = {number: [] for number in range(len(rows))}
    for size in (1, 7, 1, 40, 64, 1, 200):
        chunks = [
            (number, min(size, len(row.tokens) - row.done))
            for number, row in enumerate(rows)
            if row.done < len(row.tokens)
        ]
        if not chunks:
            break
        found = stepper.step(*((rows[number], count) for number, count in chunks))
        for (number, _), each in zip(chunks, found, strict=True):
            logits[number].append(each)
    return [(states, torch.cat(logits[number])) for number, states in enumerate(hidden)]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_equals_transformers(name: str) -> None:
    model = build_codec(name)
    sources = [random_source(model, length) for length in SOURCES]
    tokens = [random_tokens(model, length, seed) for seed, length in enumerate(OUTPUTS)]
    found = computed(CodecStepper(native_codec(model)), sources, tokens)
    for source, ids, (states, logits) in zip(sources, tokens, found, strict=True):
        expected_states, expected_logits = reference(model, source, ids)
        assert (states - expected_states).abs().max() < 2e-5 * expected_states.abs().max()
        assert (logits - expected_logits).abs().max() < 2e-5 * expected_logits.abs().max()


@pytest.mark.parametrize("name", ["marian", "t5"])
@pytest.mark.parametrize("quantization", ["none", "int8"])
def test_a_row_has_the_same_bits_in_every_mix(name: str, quantization: str) -> None:
    """Alone and in crowds, in chunks and blocks of any size, with any kind of keys and values, by 1 or 3 threads.

    Sequences with the same source stand side by side, as beams do, and apart.
    """
    model = build_codec(name)
    sources = [random_source(model, length) for length in SOURCES]
    tokens = [random_tokens(model, length, seed) for seed, length in enumerate(OUTPUTS)]
    one, three = (native_codec(model, threads=threads, quantization=quantization) for threads in (1, 3))
    for cache in (torch.float32, torch.bfloat16, torch.float16, torch.int8):
        together = computed(CodecStepper(three, cache=cache), sources, tokens)
        for source, ids, (states, logits) in zip(sources, tokens, together, strict=True):
            stepper = CodecStepper(one, block_size=64, cache=cache)
            row, beam, other = (stepper.add(each, ids) for each in (source, source, sources[1]))
            beam.source_blocks = row.source_blocks
            found_states, _ = stepper.encode(row, other)
            assert torch.equal(found_states, states)
            first, *_ = stepper.step((row, 3), (beam, 1), (other, 2))
            rest, _, again = stepper.step((row, len(ids) - 3), (other, 1), (beam, len(ids) - 1))
            assert torch.equal(torch.cat((first, rest)), logits)
            assert torch.equal(again, logits[1:])


@pytest.mark.parametrize("name", ["marian", "t5", "whisper"])
def test_int8_is_close_to_float32(name: str) -> None:
    model = build_codec(name)
    sources = [random_source(model, length) for length in (20, 31, 7)]
    tokens = [random_tokens(model, 20, seed) for seed in range(3)]
    exact, rounded = (
        computed(CodecStepper(native_codec(model, quantization=each)), sources, tokens) for each in ("none", "int8")
    )
    for (_, expected), (_, found) in zip(exact, rounded, strict=True):
        error = (expected - found).norm() / expected.norm()
        assert 0.001 < error < 0.09


def test_int4_and_int8_are_smaller() -> None:
    model = build_codec("marian")
    sizes = {each: native_codec(model, quantization=each) for each in ("none", "int8", "int4")}
    assert {name: each.quantization for name, each in sizes.items()} == {"none": "none", "int8": "int8", "int4": "q4_1"}
    assert sizes["int4"].weights_bytes < sizes["int8"].weights_bytes < sizes["none"].weights_bytes


@pytest.mark.parametrize("cache", [torch.float32, torch.int8])
def test_copied_blocks_continue_as_the_original(cache: torch.dtype) -> None:
    """A beam that shares full blocks and has a copy of the last one."""
    model = build_codec("marian")
    stepper = CodecStepper(native_codec(model), cache=cache)
    source, ids = random_source(model, 12), random_tokens(model, 60, 1)
    row = stepper.add(source, ids)
    stepper.encode(row)
    stepper.step((row, 52))
    fork = stepper.add(source, ids)
    fork.source_blocks, fork.done = row.source_blocks, 52
    pairs = list(zip(row.blocks, fork.blocks, strict=True))[: -(-52 // stepper.block_size)]
    stepper.model.copy_blocks(np.array(pairs))
    fork.tokens = ids[:52] + random_tokens(model, 8, 2)
    (changed,) = stepper.step((fork, 8))  # writes into its own last block
    (kept,) = stepper.step((row, 8))
    fork.tokens, fork.done = ids, 52
    (again,) = stepper.step((fork, 8))
    assert torch.equal(kept, again)
    assert not torch.equal(kept, changed)


def test_adapters_are_refused() -> None:
    native = native_codec(build_codec("marian"))
    assert not native.linears
    with pytest.raises(UnsupportedAdapter, match="MarianMTModel"):
        native.load_adapter(1, LoraAdapter({}))
