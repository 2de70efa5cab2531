"""The prompts of the answering task, in the language of the question: English or Chinese."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.answering.phrases import phrases_for
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

    The request stands in every turn, since small models answer better so (``benchmarks/README.md``). Of the questions
    about one example's text, only the first has the text above it: the prompt stays short.
    """
    phrases = phrases_for(question)
    examples: list[tuple[str, str]] = []
    for solved in phrases.texts:
        (first, answer), *others = solved.questions
        examples.append((phrases.question_about(solved.text, first), answer))
        examples += [(phrases.labelled(other), answer) for other, answer in others]
    few_shot = FewShot(instruction="", examples=tuple(examples), labels=("", phrases.answer), request=phrases.extract)
    return AnswerPrompt(few_shot=few_shot, input=phrases.question_about(text, question))


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
