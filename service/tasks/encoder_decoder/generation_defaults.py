"""How a checkpoint wants to be decoded: ``generation_config.json``, or ``config.json`` of older checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from service.engine.protocol.beam_params import BeamParams, EarlyStopping
from service.errors import InvalidOption
from service.tasks.text.tokenizer_files import read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchWish:
    """What a client wants of a beam search. None: as the checkpoint has it."""

    num_beams: int | None = None
    length_penalty: float | None = None
    early_stopping: EarlyStopping | None = None
    no_repeat_ngram_size: int | None = None

    @property
    def needs_search(self) -> bool:
        """Whether only a search with beams does what is wanted."""
        return (self.num_beams or 1) > 1 or self.length_penalty not in (None, 1) or bool(self.early_stopping)


NO_WISH = SearchWish()


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationDefaults:
    """Fields have the names and the meanings of transformers' ``GenerationConfig``, and so lengths count the start.

    ``forced_bos_token_id`` is the token behind the start; None: it is not forced, or a target language decides.
    ``forced_eos_token_id`` is the last token of an output of ``max_length`` tokens. ``prefix`` is the beginning of each
    source.
    """

    decoder_start_token_id: int
    forced_bos_token_id: int | None = None
    forced_eos_token_id: int | None = None
    bad_words_ids: tuple[tuple[int, ...], ...] = ()
    suppress_tokens: tuple[int, ...] = ()
    num_beams: int = 1
    length_penalty: float = 1.0
    early_stopping: EarlyStopping = False
    no_repeat_ngram_size: int = 0
    min_length: int = 0
    max_length: int | None = None
    prefix: str = ""

    @classmethod
    def read(cls, path: Path, task: str = "") -> Self:
        """Of a model directory. What its configuration has for the ``task`` comes before what it has for all.

        Raises OSError, or ValueError if there is no start of the output.
        """
        config, generation = read_json(path / "config.json"), read_json(path / "generation_config.json")
        tasks = config.get("task_specific_params")
        of_task = tasks.get(task) if isinstance(tasks, dict) else None
        values: Mapping[str, Any] = (generation or config) | (of_task if isinstance(of_task, dict) else {})
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
            forced_eos_token_id=forced if isinstance(forced := values.get("forced_eos_token_id"), int) else None,
            bad_words_ids=tuple(tuple(words) for words in values.get("bad_words_ids") or ()),
            suppress_tokens=tuple(values.get("suppress_tokens") or ()),
            num_beams=values.get("num_beams") or 1,
            length_penalty=values.get("length_penalty", 1.0) or 0.0,
            early_stopping=values.get("early_stopping") or False,
            no_repeat_ngram_size=values.get("no_repeat_ngram_size") or 0,
            min_length=values.get("min_length") or 0,
            max_length=values.get("max_length"),
            prefix=values.get("prefix") or config.get("prefix") or "",
        )

    def beams(self, least: int, most: int, wish: SearchWish = NO_WISH) -> BeamParams | None:
        """A search with as many beams as the client or else the checkpoint wants; None for one beam.

        The beams of the checkpoint are from ``least`` to ``most``. Raises InvalidOption if a wish needs more beams.
        """
        num_beams = wish.num_beams or min(max(self.num_beams, least), most)
        if num_beams < 2:
            if wish.length_penalty not in (None, 1):
                raise InvalidOption("length_penalty needs num_beams", param="length_penalty")
            if wish.early_stopping:
                raise InvalidOption("early_stopping needs num_beams", param="early_stopping")
            return None
        return BeamParams(
            num_beams=num_beams,
            length_penalty=self.length_penalty if wish.length_penalty is None else wish.length_penalty,
            early_stopping=self.early_stopping if wish.early_stopping is None else wish.early_stopping,
        )

    @property
    def forbidden(self) -> tuple[tuple[int, ...], ...]:
        """The sequences that no output has. Marian's padding token is one: it would win against every other token."""
        return (*self.bad_words_ids, *((token,) for token in self.suppress_tokens))
