"""A scripted translation model: an opus-mt of English to French and German or others, with a tokenizer trained here."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from service.engine.protocol.outputs import FinishReason, Hypothesis, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from service.tasks.text.piece_tokenizer import load_tokenizer
from tests.fakes.engine import ScriptedEngine
from tests.tasks.text.sentencepiece.tiny_models import TARGETS, save_marian, save_t5

FRENCH = "Ça va très bien, merci."
BEAM_SCORE = -0.25
PAD = 9  # that no output has
Answer = Callable[[str], str]


def save_translation_model(path: Path, source: str = "eng", targets: Sequence[str] = TARGETS) -> Path:
    path.mkdir(exist_ok=True)
    save_marian(path, source=source, targets=targets)
    _configure(
        path, model_type="marian", eos_token_id=0, decoder_start_token_id=PAD, bad_words_ids=[[PAD]], num_beams=4
    )
    return path


def save_text_model(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    save_t5(path)
    _configure(path, model_type="t5", eos_token_id=1, decoder_start_token_id=0)
    return path


def save_model_of_pairs(path: Path, *pairs: tuple[str, str]) -> Path:
    """A T5 that knows these pairs by the beginnings of its sources."""
    path.mkdir(exist_ok=True)
    save_t5(path)
    prefixes = {f"translation_{source}_to_{target}": {"prefix": f"to {target}: "} for source, target in pairs}
    _configure(path, model_type="t5", eos_token_id=1, decoder_start_token_id=0, task_specific_params=prefixes)
    return path


def engine(path: Path, answer: Answer, *, further: Sequence[str] = (), **info: Any) -> ScriptedEngine:
    """Writes ``answer`` of the text that it reads. A search finds ``further`` hypotheses too, each worse by a half."""
    tokenizer = load_tokenizer(path)
    [end] = tokenizer.eos_token_ids

    def script(request: Request) -> list[TokenOutput | Exception]:
        assert isinstance(request.source, tuple)
        text = answer(tokenizer.decode(request.source))
        found = [(*tokenizer.encode(each, add_special_tokens=False), end) for each in (text, *further)]
        hypotheses = tuple(Hypothesis(tokens, BEAM_SCORE - i / 2) for i, tokens in enumerate(found))
        tokens, beams = found[0], request.params.beams
        return [
            TokenOutput(
                request.id,
                token,
                logprob=None if beams else TokenLogprob(token, -0.5),
                finish=FinishReason.STOP if token == end else None,
                hypotheses=hypotheses[: beams.num_return] if beams and token == end else (),
            )
            for token in tokens
        ]

    sizes: dict[str, Any] = {"max_model_len": 512, "max_source_len": 512, "num_blocks": 512, "vocab_size": 1000} | info
    return ScriptedEngine(script, **sizes)


def _configure(path: Path, **config: object) -> None:
    (path / "config.json").write_text(json.dumps({"is_encoder_decoder": True} | config))
