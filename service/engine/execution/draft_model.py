"""The draft model: how it is loaded, what it must have in common with the served model, and how it computes steps."""

import filecmp
import json
import logging
from pathlib import Path

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import KVCache
from service.engine.drafting.draft_runner import Guess
from service.engine.execution.broken_chunks import discard_broken
from service.engine.execution.device_errors import as_engine_errors
from service.engine.execution.forward import make_forward_pass
from service.engine.execution.step_limits import StepLimits
from service.engine.protocol.config import EngineConfig
from service.engine.sampling.sampler import Sampler
from service.engine.scheduling.step import Step
from service.errors import EngineError, UnsupportedModel
from service.models.loaded_model import LoadedModel
from service.models.loader import load
from service.models.stored_dtype import is_quantized

logger = logging.getLogger(__name__)


def load_draft_model(config: EngineConfig, device: torch.device) -> LoadedModel | None:
    """The draft model that ``config`` asks for, or None.

    Raises EngineError if its tokens are not those of the served model, and what ``load`` raises.
    """
    if config.speculation != "draft":
        return None
    if not config.draft_model_path:
        raise EngineError("speculation is draft, but there is no draft_model")
    if difference := _vocabulary_difference(Path(config.model_path), Path(config.draft_model_path)):
        raise EngineError(f"the draft model cannot guess for the model: {difference}")
    quantization = config.draft_quantization
    own = msgspec.structs.replace(
        config,
        model_path=config.draft_model_path,
        max_model_len=0,
        quantization=quantization,
        kv_cache_dtype="auto",  # the served model alone must be computed as the configuration says
        deterministic=False,
    )
    if quantization != "auto" or is_quantized(Path(config.draft_model_path)):
        return load(own, device)
    try:
        return load(msgspec.structs.replace(own, quantization="int8"), device)
    except (EngineError, UnsupportedModel) as reason:
        logger.info("the draft model is not quantized: %s", reason)
        return load(msgspec.structs.replace(own, quantization="none"), device)


class DraftModelRunner:
    """Computes steps with the draft model, over keys and values of its own. A ``DraftRunner``."""

    def __init__(
        self, loaded: LoadedModel, cache: KVCache, sampler: Sampler, config: EngineConfig, limits: StepLimits
    ) -> None:
        """``cache`` has the blocks of the served model's cache. ``sampler`` is that of the served model."""
        self.max_model_len = loaded.max_model_len
        self.model = loaded.model
        self._cache = cache
        self._sampler = sampler
        self.forward_pass = make_forward_pass(
            self.model,
            cache,
            max_num_seqs=limits.max_num_seqs,
            max_model_len=self.max_model_len,
            cuda_graphs=config.cuda_graphs,
        )

    @property
    def vocab_size(self) -> int:
        return self.model.vocab_size

    @torch.inference_mode()
    def draft(self, step: Step) -> list[Guess | None]:
        """As ``DraftRunner.draft``."""
        with as_engine_errors():
            batch = Batch.from_step(step, self._cache, self._sampler.device)
            try:
                return self._compute(batch)
            except Exception:
                self.forward_pass.discard(batch.slots)
                raise

    def _compute(self, batch: Batch) -> list[Guess | None]:
        hidden = self.forward_pass.hidden(batch)
        broken = discard_broken(self.forward_pass, batch, hidden)
        numbers = [number for number, chunk in enumerate(batch.chunks) if chunk.samples and number not in broken]
        guesses: list[Guess | None] = [None] * len(batch.chunks)
        if not numbers:
            return guesses
        logits = self._fit(self.model.logits(hidden.index_select(0, batch.sampled_rows(numbers))).float())
        sampled = self._sampler.sample(logits, [batch.chunks[number].sequence for number in numbers])
        tokens = torch.tensor([each.token for each in sampled], device=logits.device)
        confidences = (logits.gather(1, tokens[:, None])[:, 0] - logits.logsumexp(-1)).exp().tolist()
        for number, each, confidence in zip(numbers, sampled, confidences, strict=True):
            if not each.error:
                guesses[batch.order[number]] = Guess(each.token, confidence)
        return guesses

    def _fit(self, logits: Tensor) -> Tensor:
        """Logits of the served model's width: tables of tokens are padded, and not by the same numbers."""
        lacking = self._sampler.vocab_size - logits.shape[1]
        return F.pad(logits, (0, lacking), value=-torch.inf) if lacking > 0 else logits[:, : self._sampler.vocab_size]


def _vocabulary_difference(model: Path, draft: Path) -> str:
    """How the tokens of two models differ, or why they cannot be compared; empty if they are the same."""
    own, other = model / "tokenizer.json", draft / "tokenizer.json"
    for path, name in ((own, "the model"), (other, "the draft model")):
        if not path.is_file():
            return f"{name} has no tokenizer.json"
    if filecmp.cmp(own, other, shallow=False):
        return ""
    try:
        tokens, others = _read_tokens(own), _read_tokens(other)
    except (OSError, ValueError, LookupError, TypeError):
        return "their tokenizer.json differ, and cannot be compared"
    if tokens == others:
        return ""
    if len(tokens) != len(others):
        return f"it has {len(tokens)} tokens, and the draft model {len(others)}"
    number = min(number for number in tokens | others if tokens.get(number) != others.get(number))
    return f"token {number} is {tokens.get(number)!r}, and {others.get(number)!r} in the draft model"


def _read_tokens(path: Path) -> dict[int, str]:
    """All tokens of a tokenizer.json, by their ids."""
    content = json.loads(path.read_bytes())
    vocabulary = content["model"]["vocab"]
    if isinstance(vocabulary, dict):
        tokens = {number: text for text, number in vocabulary.items()}
    else:  # Unigram: a list of texts with their scores
        tokens = dict(enumerate(text for text, _ in vocabulary))
    return tokens | {added["id"]: added["content"] for added in content.get("added_tokens", ())}
