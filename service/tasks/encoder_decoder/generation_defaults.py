"""How a checkpoint wants to be decoded: ``generation_config.json``, or ``config.json`` of older checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from service.engine.protocol.beam_params import BeamParams, EarlyStopping
from service.tasks.text.tokenizer_files import read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationDefaults:
    """Fields have the names and the meanings of transformers' ``GenerationConfig``.

    ``forced_bos_token_id`` is the token behind the start; None: it is not forced, or a target language decides.
    """

    decoder_start_token_id: int
    forced_bos_token_id: int | None = None
    bad_words_ids: tuple[tuple[int, ...], ...] = ()
    suppress_tokens: tuple[int, ...] = ()
    num_beams: int = 1
    length_penalty: float = 1.0
    early_stopping: EarlyStopping = False
    no_repeat_ngram_size: int = 0

    @classmethod
    def read(cls, path: Path) -> Self:
        """Of a model directory. Raises OSError, or ValueError if there is no start of the output."""
        config, generation = read_json(path / "config.json"), read_json(path / "generation_config.json")
        values: Mapping[str, Any] = generation or config
        start = next(
            (
                source[name]
                for name in ("decoder_start_token_id", "bos_token_id")
                for source in (values, config)
                if isinstance(source.get(name), int)
            ),
            None,
        )
        if start is None:
            raise ValueError("neither generation_config.json nor config.json has decoder_start_token_id")
        return cls(
            decoder_start_token_id=start,
            forced_bos_token_id=values.get("forced_bos_token_id"),
            bad_words_ids=tuple(tuple(words) for words in values.get("bad_words_ids") or ()),
            suppress_tokens=tuple(values.get("suppress_tokens") or ()),
            num_beams=values.get("num_beams") or 1,
            length_penalty=values.get("length_penalty", 1.0) or 0.0,
            early_stopping=values.get("early_stopping") or False,
            no_repeat_ngram_size=values.get("no_repeat_ngram_size") or 0,
        )

    def beams(self, least: int, most: int) -> BeamParams | None:
        """A search with as many beams as the checkpoint wants, but from ``least`` to ``most``; None for one beam."""
        if (num_beams := min(max(self.num_beams, least), most)) < 2:
            return None
        return BeamParams(num_beams=num_beams, length_penalty=self.length_penalty, early_stopping=self.early_stopping)

    @property
    def forbidden(self) -> tuple[tuple[int, ...], ...]:
        """The sequences that no output has. Marian's padding token is one: it would win against every other token."""
        return (*self.bad_words_ids, *((token,) for token in self.suppress_tokens))
