"""A task shown by examples: an instruction, solved examples and the one to solve, as the prompt that a model expects.

Models with a chat template get chat turns, with the instruction as the system message or, where the template knows no
such role, at the head of the first turn. Base models get a plain document of labelled examples, which ends where the
answer is to begin.
"""

from dataclasses import dataclass

from service.errors import ChatTemplateError
from service.tasks.text.chat_template import Message
from service.tasks.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class FewShot:
    """``examples`` are pairs of what is given and what is wanted.

    ``labels`` name the two in a plain document; the first is empty where what is given brings its own.
    """

    instruction: str
    examples: tuple[tuple[str, str], ...]
    labels: tuple[str, str]

    async def encode(
        self, tokenizer: Tokenizer, given: str, *, style: str = "auto", answer_prefix: str = ""
    ) -> list[int]:
        """The prompt's token ids; ``answer_prefix`` is how the answer begins.

        ``style`` is auto, chat or base; a model without chat template is a base model in any case.
        """
        if _is_base(tokenizer, style):
            return await tokenizer.encode_async(self._document(given, answer_prefix))
        return await tokenizer.encode_async(self._chat(tokenizer, given) + answer_prefix, add_special_tokens=False)

    def stop(self, tokenizer: Tokenizer, *, style: str = "auto", several_lines: bool = False) -> tuple[str, ...]:
        """What ends the answer beside the model's own end of text.

        A chat model ends its turn. A base model would go on with an example of its own: a line break ends an answer of
        one line, the label of the next example one of several lines.
        """
        if not _is_base(tokenizer, style):
            return ()
        return (f"\n{self.labels[0]}:",) if several_lines else ("\n",)

    def _chat(self, tokenizer: Tokenizer, given: str) -> str:
        turns: list[Message] = []
        for question, answer in self.examples:
            turns += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        turns.append({"role": "user", "content": given})
        head = {"role": "user", "content": f"{self.instruction}\n\n{turns[0]['content']}"}
        system = {"role": "system", "content": self.instruction}
        # Models that think aloud are told not to, by the name that their templates have for it.
        try:
            text = tokenizer.render_chat([system, *turns], enable_thinking=False)
        except ChatTemplateError:
            text = ""
        return text if self.instruction in text else tokenizer.render_chat([head, *turns[1:]], enable_thinking=False)

    def _document(self, given: str, answer_prefix: str) -> str:
        label = f"{self.labels[0]}: " if self.labels[0] else ""
        parts = [self.instruction]
        parts += [f"{label}{question}\n{self.labels[1]}: {answer}" for question, answer in self.examples]
        parts.append(f"{label}{given}\n{self.labels[1]}:" + (f" {answer_prefix}" if answer_prefix else ""))
        return "\n\n".join(parts)


def _is_base(tokenizer: Tokenizer, style: str) -> bool:
    return style == "base" or not tokenizer.has_chat_template
