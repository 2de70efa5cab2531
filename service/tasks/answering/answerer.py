"""A question to its answer."""

from dataclasses import replace

from service.tasks.answering.prompts import answering_prompt
from service.tasks.errors import InvalidPrompt
from service.tasks.generation import Generator, Options
from service.tasks.task_completion import Draft, TaskCompletion

GREEDY = Options(temperature=0.0)
_LONGEST_ANSWER = 256  # tokens, where the client names no number; the prompts ask for far less


class Answerer:
    """``style`` is the model's prompt style: auto, chat or base."""

    def __init__(self, generator: Generator, *, style: str = "auto") -> None:
        self._generator = generator
        self._style = style

    async def answer(
        self,
        question: str,
        context: str | None = None,
        *,
        options: Options = GREEDY,
        request_id: str | None = None,
    ) -> TaskCompletion:
        """One text: a short answer out of the context or, where that is missing or blank, a concise explanation.

        Raises InvalidPrompt (``param`` "question") for a blank question, PromptTooLong ("context" or "question") and
        what ``Generator.start`` raises.
        """
        question = question.strip()
        if not question:
            raise InvalidPrompt("the question is empty", param="question")
        context = (context or "").strip() or None
        tokenizer = self._generator.tokenizer
        prompt, given = answering_prompt(question, context)
        tokens = await prompt.encode(tokenizer, given, style=self._style)
        if options.max_tokens is None:
            room = self._generator.max_tokens - len(tokens)
            options = replace(options, max_tokens=max(1, min(room, _LONGEST_ANSWER)))
        options = replace(options, stop=(*options.stop, *prompt.stop(tokenizer, style=self._style)))
        request = self._generator.from_tokens(tokens, options, param="question" if context is None else "context")
        return TaskCompletion(self._generator, [Draft(request=request)], request_id)
