"""The model runner: owns the model, the KV cache and the sampler, and computes steps with them.

A sequence whose numbers are not finite fails alone: its output carries an error, and what it wrote in this step is
discarded, so that it does not affect the sequences that get its blocks next.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice, takewhile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.execution.broken_chunks import discard_broken
from service.engine.execution.cache_sizing import make_caches
from service.engine.execution.device_errors import as_engine_errors
from service.engine.execution.draft_model import DraftModelRunner, load_draft_model
from service.engine.execution.forward import make_forward_pass
from service.engine.execution.parallel_forward import ParallelForward
from service.engine.execution.step_limits import StepLimits
from service.engine.execution.tensor_parallel.ranks import Ranks
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import TokenLogprob
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.source import Features, Source, num_positions
from service.engine.sampling.logprobs import token_logprobs
from service.engine.sampling.place import places
from service.engine.sampling.sampler import SampledToken, Sampler
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, ChunkOutput, Step
from service.errors import EngineError, UnsupportedAdapter
from service.models.finite import require_finite
from service.models.hardware import dtype_name, find_device, num_cores
from service.models.loader import load
from service.models.lora.read_adapter import read_adapter

logger = logging.getLogger(__name__)

MAX_LOGITS = 1 << 24  # numbers of prompt logits in memory at once
_NOT_FINITE = "the model's numbers for this sequence are not finite"


class ModelRunner:
    """Computes steps with a model. Implements ``scheduling.step.Runner``."""

    def __init__(self, config: EngineConfig) -> None:
        """Load the model, make the KV cache and compute a few tokens. Raises EngineError and UnsupportedModel."""
        self.startup_seconds: dict[str, float] = {}
        self.config = config
        self.device = find_device(config.device)
        self.limits = StepLimits.from_config(config, cuda=self.device.type == "cuda")
        if self.device.type == "cpu" and (config.threads or "OMP_NUM_THREADS" not in os.environ):
            torch.set_num_threads(config.threads or num_cores())
        self._ranks = Ranks(config, self.device) if config.tensor_parallel > 1 else None
        with self._phase("load"):
            loaded = load(config, self.device)
            if loaded.model.has_encoder and config.speculation == "draft":
                raise EngineError("no draft model guesses for an encoder-decoder")
            draft = load_draft_model(config, self.device)
        self.models = [loaded.model] if draft is None else [loaded.model, draft.model]
        self.model = loaded.model
        self.max_source_len = loaded.max_source_len
        self.notes = loaded.notes
        models = [loaded] if draft is None else [loaded, draft]
        with self._phase("kv_cache"):
            self.caches, self.max_model_len = make_caches(models, config, self.limits, self.device)
        self.cache = self.caches[0]
        if self._ranks is not None:
            self._ranks.make_cache(num_blocks=self.cache.num_blocks, block_size=self.cache.block_size)
        self.sampler = Sampler(self.vocab_size, self.device, self.model.find_likeliest)
        self.draft_runner = (
            None if draft is None else DraftModelRunner(draft, self.caches[1], self.sampler, config, self.limits)
        )
        self.forward_pass = make_forward_pass(
            self.model,
            self.cache,
            max_num_seqs=self.limits.max_num_seqs,
            max_model_len=self.max_model_len,
            cuda_graphs=config.cuda_graphs and self._ranks is None,
        )
        if self._ranks is not None:
            self.forward_pass = ParallelForward(self.forward_pass, self._ranks)
        with self._phase("warm_up"):
            self._warm_up()

    @property
    def vocab_size(self) -> int:
        return self.model.vocab_size

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(
            vocab_size=self.vocab_size,
            max_model_len=self.max_model_len,
            max_source_len=self.max_source_len,
            max_num_seqs=self.limits.max_num_seqs,
            max_batch_tokens=self.limits.max_batch_tokens,
            prefill_chunk=self.limits.prefill_chunk,
            block_size=self.cache.block_size,
            num_blocks=self.cache.num_blocks,
            device=str(self.device),
            dtype=dtype_name(self.model.dtype),
            architecture=self.model.architecture,
            backend=self.model.backend,
            kernels=self.model.build if self.model.backend == "native" else "",
            kernels_reason=self.model.build_reason if self.model.backend == "native" else "",
            quantization=self.model.quantization,
            kv_cache_dtype=dtype_name(self.cache.layers[0].key.dtype),
            prefix_caching=self.config.prefix_caching,
            weights_bytes=sum(model.weights_bytes for model in self.models),
            kv_cache_bytes=sum(cache.num_bytes for cache in self.caches),
            notes=self.notes,
            startup_seconds=dict(self.startup_seconds),
        )

    @torch.inference_mode()
    def load_adapter(self, number: int, path: str) -> tuple[int, int]:
        """As ``AdapterRunner.load_adapter``."""
        if self._ranks is not None:
            raise UnsupportedAdapter("adapters are not computed by several processes (tensor_parallel)")
        with as_engine_errors():
            adapter = read_adapter(Path(path), self.model.linears)
            return adapter.rank, self.model.load_adapter(number, adapter)

    def unload_adapter(self, number: int) -> None:
        """As ``AdapterRunner.unload_adapter``."""
        self.model.unload_adapter(number)

    @torch.inference_mode()
    def run(self, step: Step) -> list[ChunkOutput]:
        """Compute one output for each of ``step.chunks``, in their order. Sequences are only read.

        ``step.copies`` are made before, but not of what a draft model keeps, as it guesses nothing for beams.
        A chunk that ends at its sequence's last token samples, unless ``max_tokens`` is 0. With ``prompt_logprobs``
        every chunk yields the log probabilities of the prompt tokens that follow its own tokens.

        Raises OutOfMemory and DeviceLost. What a step that raises wrote into the KV cache is discarded.
        """
        if step.copies:
            with as_engine_errors():
                self.forward_pass.copy_blocks(np.array(step.copies, dtype=np.int64))
        if not step.chunks:
            return []
        with as_engine_errors():
            batch = Batch.from_step(step, self.cache, self.device)
            try:
                return self._compute(batch)
            except Exception:
                for number in range(batch.num_chunks):
                    self.forward_pass.discard(batch.written_slots(number))
                raise

    def _compute(self, batch: Batch) -> list[ChunkOutput]:
        sampling = [
            number
            for number, chunk in enumerate(batch.chunks)
            if chunk.samples and chunk.sequence.params.max_tokens > 0
        ]
        hidden = self.forward_pass.hidden(batch)
        # The logits come at once: the kernels' threads are still awake, and a GPU goes on while the host looks at rows.
        logits = self._logits(batch, hidden, sampling) if sampling else None
        broken = discard_broken(self.forward_pass, batch, hidden)
        tokens = {} if logits is None else self._sample(batch, logits, sampling)
        outputs = [ChunkOutput()] * len(batch.chunks)
        for number, place in enumerate(batch.order):
            token, *following = tokens.get(number, (None,))
            if number in broken:
                outputs[place] = ChunkOutput(error=_NOT_FINITE)
            elif token is not None and token.error:
                outputs[place] = ChunkOutput(error=token.error)
            else:
                outputs[place] = ChunkOutput(
                    token=token.token if token and not token.candidates else None,
                    logprob=token.logprob if token else None,
                    following=_until_error(following) if following else (),
                    candidates=token.candidates if token else None,
                    prompt_logprobs=self._prompt_logprobs(batch, number, hidden),
                )
        return outputs

    def _logits(self, batch: Batch, hidden: Tensor, sampling: list[int]) -> Tensor:
        """The logits [R, V] of the chunks with these numbers: one row of each, and one more for each proposal."""
        if sum([1 + len(batch.chunks[number].proposed) for number in sampling]) < batch.num_rows:
            hidden = hidden.index_select(0, batch.sampled_rows(sampling))
        return self.model.logits(hidden)

    def _sample(self, batch: Batch, logits: Tensor, sampling: list[int]) -> dict[int, list[SampledToken]]:
        """The sampled tokens, by the number of their chunk in the batch: one, and one more behind each proposal."""
        by_chunk = [places(batch.chunks[number]) for number in sampling]
        tokens = iter(self.sampler.sample(logits, [place for each in by_chunk for place in each]))
        return {number: list(islice(tokens, len(each))) for number, each in zip(sampling, by_chunk, strict=True)}

    def _prompt_logprobs(self, batch: Batch, number: int, hidden: Tensor) -> tuple[TokenLogprob, ...]:
        """The log probabilities of the prompt tokens that follow the chunk's own, if requested.

        They are computed in slices, because logits are large.
        """
        chunk = batch.chunks[number]
        sequence = chunk.sequence
        if (top := sequence.params.prompt_logprobs) is None:
            return ()
        first = int(batch.offsets[number]) - chunk.start  # the row that position 0 would have
        end = min(chunk.start + chunk.num_tokens, sequence.num_prompt - 1)
        size = max(1, MAX_LOGITS // self.vocab_size)
        logprobs: list[TokenLogprob] = []
        for begin in range(chunk.start, end, size):
            stop = min(begin + size, end)
            logits = self.model.logits(hidden[first + begin : first + stop])
            logprobs += token_logprobs(logits, sequence.tokens[begin + 1 : stop + 1], [top] * (stop - begin))
        return tuple(logprobs)

    @torch.inference_mode()
    def _warm_up(self) -> None:
        """Compute a chunk of a few tokens, and one of a single token, so that the first request is not slower.

        Raises UnsupportedModel if the model computes no finite number.
        """
        count = min(4, self.vocab_size, self.cache.block_size, self.max_model_len)
        source = self._warm_up_source(count)
        params = SamplingParams(max_tokens=1, temperature=0)
        request = Request(id="warm-up", prompt=tuple(range(count)), params=params, source=source)
        sequence = Sequence(request, block_table=[0], source_table=[1] if source else [])
        prompt = Step([Chunk(sequence, 0, count, num_source=num_positions(source))])
        with as_engine_errors():
            hidden = self.forward_pass.hidden(Batch.from_step(prompt, self.cache, self.device))
            require_finite(self.model.logits(hidden), self.model.architecture)
        self.run(prompt)
        last = Step([Chunk(sequence, count - 1, 1)])
        self.run(last)
        if self.draft_runner is not None:
            self.draft_runner.draft(prompt)
            self.draft_runner.draft(last)
        for cache in self.caches:
            cache.clear(torch.arange(2 * cache.block_size if source else cache.block_size, device=self.device))

    def _warm_up_source(self, count: int) -> Source:
        """A source of a few positions, if the model has an encoder."""
        if not self.model.has_encoder:
            return ()
        channels = self.model.feature_channels
        if not channels:
            return tuple(range(count))
        return Features(bytes(4 * 2 * count * channels), channels, count)

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        begin = time.monotonic()
        yield
        self.startup_seconds[name] = time.monotonic() - begin


def _until_error(tokens: list[SampledToken]) -> tuple[tuple[int, TokenLogprob | None], ...]:
    """The tokens before the first error. If the sequence gets there, the next step meets the error again."""
    return tuple((each.token, each.logprob) for each in takewhile(lambda each: not each.error, tokens))
