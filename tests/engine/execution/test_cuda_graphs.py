"""CUDA graphs: padded inputs give the same hidden states, and decoding on CUDA equals transformers."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from service.engine.attention.batch import Batch
from service.engine.attention.paged import PagedAttention
from service.engine.execution.cuda_graphs import DecodeBuffers, padded_sizes
from service.engine.execution.runner import ModelRunner
from service.engine.scheduling.step import Chunk, Step
from tests.engine.attention.attention_cases import emulated_varlen_attn, needs_cuda
from tests.engine.configs import engine_config
from tests.engine.stepping import Stepper, prompt, reference_logits
from tests.engine.tiny_models import build_model, save_model


def test_padded_sizes_reach_the_largest_step_and_waste_little() -> None:
    assert padded_sizes(1) == [1]
    assert padded_sizes(13) == [1, 2, 4, 8, 13]
    sizes = padded_sizes(256)
    assert sizes[:6] == [1, 2, 4, 8, 16, 24]
    assert sizes[-1] == 256
    assert all(large <= 2 * small for small, large in pairwise(sizes))


def test_graph_inputs_are_padded_with_rows_that_touch_the_null_block_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All steps but the capture, on the CPU with an emulated kernel."""
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", emulated_varlen_attn)
    save_model(build_model("mistral", dtype=torch.bfloat16, max_position_embeddings=600), tmp_path)
    config = engine_config(tmp_path, device="cpu", block_size=256, num_blocks=12, max_num_seqs=8, dtype="bfloat16")
    runner = ModelRunner(config)
    stepper = Stepper(runner)
    sequences = [stepper.add(prompt(length, length), str(length)) for length in (3, 300, 40)]
    stepper.step(*((sequence, sequence.num_prompt) for sequence in sequences))
    buffers = DecodeBuffers(8, runner.max_model_len, runner.cache, runner.device)

    for count, rows in ((3, 8), (1, 1), (2, 4)):
        chunks = [Chunk(sequence, sequence.num_computed, 1) for sequence in sequences[:count]]
        with torch.inference_mode():
            batch = Batch.from_step(Step(chunks), runner.cache, runner.device)
            expected = runner.forward_pass.hidden(batch)
            buffers.fill(batch, rows)
            null = runner.cache.null_block
            assert buffers.slots[count:rows].tolist() == [null * 256] * (rows - count)
            assert buffers.tables[count:rows, 0].tolist() == [null] * (rows - count)
            assert buffers.contexts[count:rows].tolist() == [1] * (rows - count)
            attention = buffers.attention(rows)
            paged = PagedAttention(runner.cache, buffers.slots[:rows], gathered=attention, flash=attention)
            assert runner.model.backend == "torch"
            assert not runner.model.has_encoder
            found = runner.model.hidden(buffers.input_ids[:rows], buffers.positions[:rows], paged)
        torch.testing.assert_close(found[:count], expected, rtol=0, atol=0.1)
        assert found.isfinite().all()


@needs_cuda
@pytest.mark.parametrize("graphs", [True, False])
@pytest.mark.parametrize("arch", ["llama", "mistral", "gemma2", "gemma4_text"])
def test_matches_transformers_on_cuda(arch: str, graphs: bool, tmp_path: Path) -> None:
    save_model(build_model(arch, dtype=torch.bfloat16), tmp_path)
    reference = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager").to("cuda").eval()
    stepper = Stepper(ModelRunner(engine_config(tmp_path, device="cuda", cuda_graphs=graphs, num_blocks=16)))
    sequences = [stepper.add(prompt(length, length), str(length)) for length in (3, 30, 17)]
    stepper.step(*((sequence, sequence.num_prompt) for sequence in sequences))
    for _ in range(4):
        stepper.decode(*sequences)
    for sequence in sequences:
        expected = reference_logits(reference, sequence.tokens[:-1])[sequence.num_prompt - 1 :]
        found = torch.stack(stepper.sampler.logits[sequence.id])
        assert (found - expected).abs().max() < 0.05 * expected.abs().max()
