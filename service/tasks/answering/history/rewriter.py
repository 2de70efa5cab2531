"""The rewriter: the model writes the last question of a conversation again, in words that need no conversation.

Small models rather repeat a question than change it. So the model continues the question from its first word that
stands for something else, and may write no such word: "When did he die?" becomes "When did", and then what follows. The
result counts only if it has all other words of the question, and no word that is not in the conversation. So no history
can replace one question by another.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.engine.protocol.outputs import FinishReason
from service.tasks.answering.documents.terms import content_stems, stems
from service.tasks.answering.history.references import REFERENCES, first_reference, without_references
from service.tasks.answering.history.rewriting_prompt import rewriting_prompt
from service.tasks.answering.query import Exchange
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY, Options
from service.tasks.generation.request import GenerationRequest

ADDED_TOKENS = 64  # that the model may write


@dataclass(frozen=True, slots=True)
class Rewriting:
    """A question to be written again: the request to the model, which continues ``kept``, the question's beginning."""

    question: str
    history: Sequence[Exchange]
    kept: str
    request: GenerationRequest

    def accept(self, written: str) -> str:
        """The rewritten question, or the question itself if that is not the same question in words of the history."""
        rewritten = (self.kept + written).strip()
        said = " \n".join([self.question, *(text for each in self.history for text in (each.question, each.answer))])
        same = content_stems(without_references(self.question)) <= set(stems(rewritten))
        return rewritten if same and written.strip() and _pieces(rewritten) <= _pieces(said) else self.question


class Rewriter:
    """Rewrites questions with one model. ``style`` is its prompt style: auto, chat or base."""

    def __init__(self, generator: Generator, *, style: str = "auto") -> None:
        self.generator = generator
        self._style = style

    async def prepare(self, question: str, history: Sequence[Exchange], options: Options) -> Rewriting:
        """Tokenize a conversation. Raises PromptTooLong ("history") and ProcessUnavailable."""
        tokenizer = self.generator.tokenizer
        prompt = rewriting_prompt(question, history)
        place = first_reference(question)
        kept = question[: place or 0].rstrip()
        tokens = await prompt.encode(tokenizer, style=self._style, answer_prefix=kept)
        wanted = GREEDY.with_values(
            priority=options.priority,
            cache_salt=options.cache_salt,
            tenant=options.tenant,
            max_tokens=ADDED_TOKENS,
            stop=("\n",),
            bad_words=() if place is None else REFERENCES,
        )
        request = await self.generator.from_encoded(tokens, wanted, param="history")
        return Rewriting(question, history, kept, request)

    async def rewrite(self, rewriting: Rewriting, sequence: CompletionSequence) -> str:
        """The question that is answered. Raises ProcessError, and what ``Generator.start`` raises."""
        [choice] = await sequence.first_choices([rewriting.request])
        return rewriting.accept(choice.text) if choice.finish is FinishReason.STOP else rewriting.question


def _pieces(text: str) -> set[str]:
    """The stems of the content; of scripts that do not separate words, the characters."""
    found = content_stems(text)
    return {piece for stem in found for piece in ([stem] if stem.isascii() or len(stem) > 2 else stem)}
