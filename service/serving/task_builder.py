"""Makes the tasks that a model does, from the client of its process."""

from collections.abc import Mapping
from typing import Any

from model_store.types import LocalModel
from service.encoder.client import EncoderClient
from service.engine.client import EngineClient
from service.models.capabilities import Capability
from service.settings import Settings
from service.tasks.answering.answerer import Answerer
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.reading.pair_tokenizer import PairTokenizer
from service.tasks.answering.reading.reader import Reader
from service.tasks.classification.classifier import Classifier
from service.tasks.conversation.chat import Chat
from service.tasks.embedding.embedder import Embedder
from service.tasks.encoder_decoder.generation_defaults import GenerationDefaults
from service.tasks.encoder_decoder.language_pairs import find_language_pairs
from service.tasks.encoder_decoder.source_frame import TranslationFrames, text_frame
from service.tasks.encoding.observer import EncodingObserver
from service.tasks.explanation.explainer import Explainer
from service.tasks.generation.generator import Generator
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.text_to_text import TASKS, TextToText
from service.tasks.reranking.reranker import Reranker
from service.tasks.speech.transcriber import Transcriber
from service.tasks.text.tokenizer import Tokenizer
from service.tasks.translation import Detector, TranslationObserver, Translator

Tasks = Mapping[type, Any]


class TaskBuilder:
    """Makes the tasks of one model. All models share the ``detector``."""

    def __init__(
        self,
        settings: Settings,
        detector: Detector,
        *,
        completions: CompletionObserver | None = None,
        translations: TranslationObserver | None = None,
        encodings: EncodingObserver | None = None,
    ) -> None:
        self._settings = settings
        self._detector = detector
        self._completions = completions
        self._translations = translations
        self._encodings = encodings

    def for_engine(self, client: EngineClient, local: LocalModel, tokenizer: Tokenizer, adapter: str = "") -> Tasks:
        """The tasks of a language model, or of the adapter with this name."""
        settings = self._settings
        generator = Generator(
            client,
            tokenizer,
            max_output_tokens=settings.default_max_tokens,
            observer=self._completions,
            adapter=adapter,
        )
        translator = Translator(
            generator,
            style=local.prompt_style,
            max_segments=settings.max_segments,
            observer=self._translations,
            detector=self._detector,
        )
        answerer = Answerer.from_generator(
            generator, style=local.prompt_style, calibration=local.no_answer, limits=self._window_limits
        )
        return {
            Generator: generator,
            Chat: Chat(generator),
            Translator: translator,
            Answerer: answerer,
            Explainer: Explainer(generator),
        }

    def for_encoder_decoder(self, client: EngineClient, local: LocalModel, tokenizer: Tokenizer) -> Tasks:
        """The tasks of an encoder-decoder that reads text. Raises OSError or ValueError if its files lack something."""
        settings, defaults = self._settings, GenerationDefaults.read(local.path)
        generator = Generator(
            client,
            tokenizer,
            max_output_tokens=settings.default_max_tokens,
            observer=self._completions,
            frame=text_frame(tokenizer, defaults),
            forbidden=defaults.forbidden,
        )
        by_task = {task: GenerationDefaults.read(local.path, task) for task in TASKS}
        tasks: dict[type, Any] = {Generator: generator, TextToText: TextToText(generator, by_task)}
        if (pairs := find_language_pairs(local.path)) is not None:
            tasks[Translator] = Translator(
                generator,
                max_segments=settings.max_segments,
                observer=self._translations,
                detector=self._detector,
                frames=TranslationFrames(local.path, tokenizer, pairs, defaults),
            )
        return tasks

    def for_speech(self, client: EngineClient, local: LocalModel, tokenizer: Tokenizer) -> Tasks:
        """The tasks of a speech model. Raises OSError or ValueError if its files lack something."""
        return {Transcriber: Transcriber.load(client, tokenizer, local.path, observer=self._completions)}

    def for_encoder(self, client: EncoderClient, local: LocalModel, capabilities: frozenset[Capability]) -> Tasks:
        """The tasks of an encoder."""
        tasks: dict[type, Any] = {}
        if Capability.ANSWER in capabilities:
            reader = Reader(client, PairTokenizer.load(local.path), calibration=local.no_answer)
            tasks[Answerer] = Answerer.from_reader(reader, self._window_limits)
        if Capability.EMBED in capabilities:
            tasks[Embedder] = Embedder.load(client, local.path, observer=self._encodings)
        if Capability.RERANK in capabilities:
            tasks[Reranker] = Reranker.load(client, local.path, observer=self._encodings)
        if Capability.CLASSIFY in capabilities:
            tasks[Classifier] = Classifier.load(client, local.path, observer=self._encodings)
        return tasks

    @property
    def _window_limits(self) -> WindowLimits:
        return WindowLimits(max_tokens=self._settings.answer_window, max_windows=self._settings.max_windows)
