"""Texts in one language to texts in another, all of them in one batch."""

from collections.abc import Sequence
from dataclasses import replace

from service.tasks.few_shot import FewShot
from service.tasks.generation import Generator, Options
from service.tasks.languages import find_language
from service.tasks.task_completion import Draft, TaskCompletion
from service.tasks.translation.prompts import translation_prompt

GREEDY = Options(temperature=0.0)


class Translator:
    """``style`` is the model's prompt style: auto, chat or base."""

    def __init__(self, generator: Generator, *, style: str = "auto") -> None:
        self._generator = generator
        self._style = style

    async def translate(
        self,
        texts: Sequence[str],
        target: str,
        source: str | None = None,
        *,
        output_prefix: str = "",
        options: Options = GREEDY,
        request_id: str | None = None,
    ) -> TaskCompletion:
        """One translation for each text, in order, with the whitespace around it kept.

        A blank text comes back as it is. ``source`` and ``target`` are names or codes. Every other translation begins
        with ``output_prefix``, literally. Where ``options`` name no ``max_tokens``, a translation may have a few times
        the tokens of its text.

        Raises UnknownLanguage (``param`` "source_lang" or "target_lang"), PromptTooLong ("text") and what
        ``Generator.start`` raises.
        """
        wanted = find_language(target, param="target_lang")
        given = None if source is None else find_language(source, param="source_lang")
        prompt = translation_prompt(given, wanted)
        drafts = [await self._draft(text, prompt, output_prefix, options) for text in texts]
        return TaskCompletion(self._generator, drafts, request_id)

    async def _draft(self, text: str, prompt: FewShot, prefix: str, options: Options) -> Draft:
        tokenizer = self._generator.tokenizer
        core = text.strip()
        if not core:
            return Draft(request=None, before=text)
        start = text.index(core)
        tokens = await prompt.encode(tokenizer, core, style=self._style, begun=prefix.strip())
        if options.max_tokens is None:
            length = len(await tokenizer.encode_async(core, add_special_tokens=False))
            room = self._generator.max_tokens - len(tokens)
            options = replace(options, max_tokens=max(1, min(room, _longest_translation(length))))
        stop = (*options.stop, *prompt.stop(tokenizer, style=self._style, several_lines="\n" in core))
        return Draft(
            request=self._generator.from_tokens(tokens, replace(options, stop=stop), param="text"),
            before=prefix or text[:start],
            after=text[start + len(core) :],
            trim_start=not prefix or prefix[-1].isspace(),
        )


def _longest_translation(tokens: int) -> int:
    """Tokens that no sound translation of so many exceeds: scripts differ by a few times, repetition has no end."""
    return 6 * tokens + 64
