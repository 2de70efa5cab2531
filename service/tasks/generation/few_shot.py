"""Few-shot prompts: an instruction, solved examples, and the input to solve.

Models with a chat template get chat turns. The instruction is the system message or, if the template has no such role,
the beginning of the first turn; a request is the beginning of every turn. Base models get a plain document of labelled
examples that ends where the answer begins.

Instruction, examples, input and the beginning of the answer may hold texts of a client, which are data. Control tokens
that they spell are tokenized as text. In a document, where labels take the place of control tokens, their lines never
begin with a label.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from service.errors import ChatTemplateError
from service.tasks.text.chat_template import Message
from service.tasks.text.prompt_texts import PromptTexts
from service.tasks.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class FewShot:
    """``examples`` are pairs of an input and its answer.

    ``request`` stands before every input. It is ours, and has nothing of a client.
    ``labels`` name the two in a plain document. The label of inputs is empty if the inputs contain their own labels.
    """

    instruction: str
    examples: tuple[tuple[str, str], ...]
    labels: tuple[str, str]
    request: str = ""

    async def encode(
        self, tokenizer: Tokenizer, input: str, *, style: str = "auto", answer_prefix: str = ""
    ) -> list[int]:
        """The prompt's token ids. ``answer_prefix`` is the beginning of the answer.

        ``style`` is auto, chat or base. A model without a chat template always gets a document.
        """
        texts = PromptTexts(tokenizer)
        base = _is_base(tokenizer, style)
        instruction, input = (
            texts.protect(indent_labels(text, self.labels) if base else text) for text in (self.instruction, input)
        )
        examples = tuple((texts.protect(example), texts.protect(answer)) for example, answer in self.examples)
        prompt = replace(self, instruction=instruction, examples=examples)
        answer_prefix = texts.protect(answer_prefix)
        text = prompt._document(input, answer_prefix) if base else prompt._chat(tokenizer, input) + answer_prefix
        return await texts.encode(text, add_special_tokens=base)

    def with_example(self, input: str, answer: str) -> "FewShot":
        """The prompt with one more example, which may be a client's. Each of its texts is one line."""
        return replace(self, examples=(*self.examples, (input, answer)))

    def stop(self, tokenizer: Tokenizer, *, style: str = "auto", several_lines: bool = False) -> tuple[str, ...]:
        """The stop strings that end the answer, in addition to the model's own end of text.

        A chat model ends its turn by itself. A base model would continue with another example, so a line break ends an
        answer of one line, and the label of the next input ends an answer of several lines.
        """
        if not _is_base(tokenizer, style):
            return ()
        return (f"\n{self.labels[0]}:",) if several_lines else ("\n",)

    def turns(self, input: str) -> list[Message]:
        """The turns of a chat, without its instruction."""
        turns: list[Message] = []
        for example, answer in self.examples:
            turns += [{"role": "user", "content": self._ask(example)}, {"role": "assistant", "content": answer}]
        return [*turns, {"role": "user", "content": self._ask(input)}]

    def _chat(self, tokenizer: Tokenizer, input: str) -> str:
        # Reasoning models must answer at once; enable_thinking is the variable of their templates.
        render = partial(tokenizer.render_chat, enable_thinking=False)
        turns = self.turns(input)
        if not self.instruction:
            return render(turns)
        first = {"role": "user", "content": f"{self.instruction}\n\n{turns[0]['content']}"}
        try:
            text = render([{"role": "system", "content": self.instruction}, *turns])
        except ChatTemplateError:
            text = ""
        return text if self.instruction in text else render([first, *turns[1:]])

    def _ask(self, input: str) -> str:
        return f"{self.request}\n\n{input}" if self.request else input

    def _document(self, input: str, answer_prefix: str) -> str:
        label = f"{self.labels[0]}: " if self.labels[0] else ""
        parts = [" ".join(filter(None, (self.request, self.instruction)))]
        parts += [f"{label}{example}\n{self.labels[1]}: {answer}" for example, answer in self.examples]
        parts.append(f"{label}{input}\n{self.labels[1]}:" + (f" {answer_prefix}" if answer_prefix else ""))
        return "\n\n".join(parts)


def indent_labels(text: str, labels: Iterable[str]) -> str:
    """The text, with all its lines behind the first one indented if one of them begins with a label.

    So a label at the beginning of a line is never the client's.
    """
    names = "|".join(re.escape(label) for label in labels if label)
    label = re.compile(rf"(?:{names})\s*+[:：]", re.IGNORECASE)
    first, *lines = text.splitlines() or [""]
    if not names or not any(map(label.match, lines)):
        return text
    return "\n  ".join([first, *lines])


def _is_base(tokenizer: Tokenizer, style: str) -> bool:
    return style == "base" or not tokenizer.has_chat_template
