"""Small real tokenizers of each kind that models use, trained here."""

import json
from functools import cache

import tokenizers
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, processors, trainers

from service.tasks.text.tokenizer import Tokenizer

CORPUS = [
    "The quick brown fox jumps over the lazy dog. It isn't slow, is it? 0123456789 (yes); [no] {maybe} <tag> a/b & c!",
    "Trains arrive at seven in the morning and leave at nine in the evening, every day of the week.",
    "人工智能将改变世界。今天天气很好，我们去公园散步吧。什么是量子计算？你好，世界！",
    "Příliš žluťoučký kůň úpěl ďábelské ódy. Ça va très bien, merci. Größe, Straße, übermäßig.",
    "def add(a, b):\n    return a + b\n\n\nif __name__ == '__main__':\n\tprint(add(1, 2))  # 3\n",
    "😀 👩‍👩‍👧 🇫🇷 नमस्ते दुनिया สวัสดีชาวโลก",
]


@cache
def byte_level() -> tokenizers.Tokenizer:
    """Like GPT-2, Llama 3, Qwen: bytes written as printable characters. Id 0 is special."""
    library = tokenizers.Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|end|>"],
        show_progress=False,
    )
    library.train_from_iterator(CORPUS, trainer)
    library.add_tokens([AddedToken("<tool call>", special=False, normalized=False), AddedToken("名", normalized=False)])
    return library


@cache
def byte_fallback() -> tokenizers.Tokenizer:
    """Like Llama 2, Mistral, Gemma: words begin with a metaspace, unknown characters are spelled as byte tokens."""
    library = tokenizers.Tokenizer(models.BPE())
    words = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    library.normalizer = words
    library.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=special, limit_alphabet=90, show_progress=False)
    library.train_from_iterator(CORPUS, trainer)
    # The trainer makes the byte tokens special, which they must not be, so only the learned model is used.
    learned = json.loads(library.to_str())["model"]
    merges = [tuple(merge) for merge in learned["merges"]]
    library = tokenizers.Tokenizer(
        models.BPE(learned["vocab"], merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    library.normalizer = words
    library.add_special_tokens(["<unk>", "<s>", "</s>"])
    library.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    library.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return library


@cache
def unigram() -> tokenizers.Tokenizer:
    """Like T5 and other sentencepiece models without byte fallback."""
    library = tokenizers.Tokenizer(models.Unigram())
    library.pre_tokenizer = pre_tokenizers.Metaspace()
    library.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=300, special_tokens=["<unk>", "</s>"], unk_token="<unk>", show_progress=False
    )
    library.train_from_iterator(CORPUS, trainer)
    return library


def token_id(library: tokenizers.Tokenizer, token: str) -> int:
    """The id of a token that the vocabulary has."""
    id = library.token_to_id(token)
    assert id is not None
    return id


LIBRARIES = {"byte_level": byte_level, "byte_fallback": byte_fallback, "unigram": unigram}
EOS = {"byte_level": 0, "byte_fallback": 2, "unigram": 1}


@cache
def tokenizer(kind: str) -> Tokenizer:
    return Tokenizer(LIBRARIES[kind](), eos_token_ids=[EOS[kind]])
