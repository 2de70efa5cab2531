"""Filling in: the prompt that asks for the text in a gap, and the options that end it."""

from collections.abc import Sequence

from service.errors import InvalidOption
from service.tasks.generation.options import Options
from service.tasks.text.fill_in import FillInFormat, Gap
from service.tasks.text.prompt_texts import encode_text
from service.tasks.text.tokenizer import Tokenizer

# What llama.cpp's clients get: their names of the repository and of the file are not known to its server either.
_REPOSITORY, _FILE = "myproject\n", "filename\n"


async def filling_prompt(tokenizer: Tokenizer, prefix: str | Sequence[int], gap: Gap, *, start: bool) -> list[int]:
    """The tokens that ask for the text between a prefix and the suffix of a gap.

    ``start``: with the special tokens that begin every text. Raises InvalidOption if the model cannot fill in.
    """
    format = tokenizer.fill_in
    if format is None:
        message = f"{gap.param}: this model's tokenizer has no fill-in-the-middle tokens, so it cannot fill in a text"
        raise InvalidOption(message, param=gap.param)
    before = await encode_text(tokenizer, prefix) if isinstance(prefix, str) else prefix
    beginning = [*(tokenizer.start_ids if start else ()), *await _files(tokenizer, format, gap)]
    prompt = format.prompt(beginning, before, await encode_text(tokenizer, gap.suffix))
    return [*prompt, *await encode_text(tokenizer, gap.beginning)]


def filling_options(tokenizer: Tokenizer, options: Options) -> Options:
    """The options of a text in a gap: it ends where the model begins another part."""
    if options.ignore_eos or tokenizer.fill_in is None:
        return options
    return options.with_values(stop_token_ids=(*options.params.stop_token_ids, *tokenizer.fill_in.ends))


async def _files(tokenizer: Tokenizer, format: FillInFormat, gap: Gap) -> list[int]:
    """The other files: behind the model's marks of repositories and files, or one after another if it has none."""
    if not gap.files:
        return []
    if format.repository is None or format.file is None:
        return await encode_text(tokenizer, "".join(text for _, text in gap.files))
    tokens = [format.repository, *await encode_text(tokenizer, _REPOSITORY)]
    for name, text in gap.files:
        tokens += [format.file, *await encode_text(tokenizer, f"{name}\n{text}\n")]
    return [*tokens, format.file, *await encode_text(tokenizer, _FILE)]
