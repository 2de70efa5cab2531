"""A tokenizer whose tokens are single bytes."""

import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer

EOS = 256


def byte_library() -> tokenizers.Tokenizer:
    """One token for each byte, so that every character of more than one byte is split, and ``EOS`` to end a text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    library = tokenizers.Tokenizer(models.BPE(vocab={char: i for i, char in enumerate(alphabet)}, merges=[]))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    library.decoder = decoders.ByteLevel()
    library.add_special_tokens(["<|end|>"])
    return library


def filling_library() -> tokenizers.Tokenizer:
    """The same with the marks of a model that fills in."""
    library = byte_library()
    library.add_special_tokens([f"<|{name}|>" for name in ("fim_prefix", "fim_suffix", "fim_middle")])
    library.add_special_tokens(["<|repo_name|>", "<|file_sep|>"])
    return library


def byte_tokenizer() -> Tokenizer:
    """The tokenizer of ``byte_library``, with a chat template."""
    return _with_template(byte_library())


def filling_tokenizer() -> Tokenizer:
    """The tokenizer of ``filling_library``, with the same chat template."""
    return _with_template(filling_library())


def _with_template(library: tokenizers.Tokenizer) -> Tokenizer:
    template = ChatTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: ", {})
    return Tokenizer(library, eos_token_ids=[EOS], chat_template=template)
