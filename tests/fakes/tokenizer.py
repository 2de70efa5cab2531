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


def byte_tokenizer() -> Tokenizer:
    """The tokenizer of ``byte_library``, with a chat template."""
    template = ChatTemplate("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: ", {})
    return Tokenizer(byte_library(), eos_token_ids=[EOS], chat_template=template)
