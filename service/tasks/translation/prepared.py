"""A prepared translation: a plan and its prompts, with their cost."""

from dataclasses import dataclass

from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.translation.language.detection import Detect
from service.tasks.translation.plan import TranslationPlan
from service.tasks.translation.run import TranslationObserver, TranslationRun
from service.tasks.translation.segment_prompts import SegmentPrompt, SegmentWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedTranslation:
    """The plan and the prompts of an order. The engine has not been asked yet."""

    generator: Generator
    plan: TranslationPlan
    prompts: tuple[SegmentPrompt, ...]
    writer: SegmentWriter
    detect: Detect
    observer: TranslationObserver | None = None
    request_id: str | None = None  # None: the completion chooses one

    @property
    def cost(self) -> Cost:
        """The cost of the first prompts, the branches and the alternatives. Retries are not included: few segments need
        one.
        """
        first = Cost.from_requests(prompt.request for prompt in self.prompts)
        decodings = self.writer.num_decodings
        return Cost(first.sequences * decodings, first.tokens * decodings)

    async def start(self) -> TranslationRun:
        """Queue the prompts in the engine. Raises what ``Generator.start`` raises."""
        return TranslationRun(
            self.generator,
            self.plan,
            self.prompts,
            self.writer,
            detect=self.detect,
            observer=self.observer,
            request_id=self.request_id,
        )
