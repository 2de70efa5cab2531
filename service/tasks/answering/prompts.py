"""The prompts of the answering task, in the language of the question: English or Chinese."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from service.tasks.answering.phrases import Phrases, phrases_for
from service.tasks.answering.solved_texts import SolvedText
from service.tasks.generation.few_shot import FewShot
from service.tasks.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPrompt:
    """The few-shot prompt of a question. ``input`` is the question, with its texts if it has any."""

    few_shot: FewShot
    input: str

    async def encode(self, tokenizer: Tokenizer, *, style: str, answer_prefix: str = "") -> list[int]:
        """The prompt's token ids. ``answer_prefix`` is the beginning of the answer."""
        return await self.few_shot.encode(tokenizer, self.input, style=style, answer_prefix=answer_prefix)

    def stop(self, tokenizer: Tokenizer, *, style: str, several_lines: bool = False) -> tuple[str, ...]:
        """The stop strings that end the answer."""
        return self.few_shot.stop(tokenizer, style=style, several_lines=several_lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotingPrompt(AnswerPrompt):
    """A prompt whose answer begins with a quotation. The two labels mark the answer's parts."""

    quote_label: str  # before the quotation, at the start of the model's text
    answer_label: str  # between quotation and answer


def knowledge_prompt(question: str) -> AnswerPrompt:
    """Ask the question alone. The model answers from what it knows."""
    phrases = phrases_for(question)
    few_shot = FewShot(
        instruction=phrases.from_knowledge, examples=phrases.questions, labels=(phrases.question, phrases.answer)
    )
    return AnswerPrompt(few_shot=few_shot, input=question)


def extraction_prompt(question: str, text: str) -> AnswerPrompt:
    """Ask for an answer in words of the text. An empty answer means that the text has none.

    In Chinese the examples are texts with several questions each, and the request stands in every turn: small models
    choose much better so. English gains nothing from it (``benchmarks/README.md``).
    """
    phrases = phrases_for(question)
    if phrases.texts:
        few_shot = FewShot(
            instruction="",
            examples=tuple(chain.from_iterable(_turns(phrases, solved) for solved in phrases.texts)),
            labels=("", phrases.answer),
            request=phrases.extract,
        )
    else:
        examples = tuple((phrases.question_about(each.text, each.question), each.answer) for each in phrases.examples)
        few_shot = FewShot(instruction=phrases.extract, examples=examples, labels=("", phrases.answer))
    return AnswerPrompt(few_shot=few_shot, input=phrases.question_about(text, question))


def _turns(phrases: Phrases, solved: SolvedText) -> Iterator[tuple[str, str]]:
    """Each question and its answer. Only the first question has the text above it, so the prompt stays short."""
    (first, answer), *others = solved.questions
    yield phrases.question_about(solved.text, first), answer
    for question, answer in others:
        yield phrases.labelled(question), answer


def quoting_prompt(question: str, texts: Sequence[str]) -> QuotingPrompt:
    """Ask for a quotation from the texts and then for an answer; without a quotation there is no answer."""
    phrases = phrases_for(question)
    quote = f"{phrases.quote}{phrases.colon}".rstrip()
    answer = f"\n{phrases.answer}{phrases.colon}".rstrip()
    space = phrases.colon[len(phrases.colon.rstrip()) :]
    examples = tuple(
        (
            phrases.question_about(each.text, each.question),
            f"{quote}{space}{each.quote}{answer}{space}{each.answer}" if each.answer else quote,
        )
        for each in phrases.examples
    )
    return QuotingPrompt(
        few_shot=FewShot(instruction=phrases.quote_first, examples=examples, labels=("", phrases.answer)),
        input=phrases.question_about("\n\n".join(texts), question),
        quote_label=quote,
        answer_label=answer,
    )
