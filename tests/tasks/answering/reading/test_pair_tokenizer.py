"""Questions and texts as rows of tokens."""

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers, processors

from service.errors import InvalidPrompt, UnsupportedModel
from service.tasks.answering.reading.pair_tokenizer import PairTokenizer
from service.tasks.encoding.tokenizer import EncoderTokenizer

WORDS = {word: id for id, word in enumerate(["[UNK]", "[CLS]", "[SEP]", "a", "who", "came", "Ada"])}
BERT = processors.TemplateProcessing(
    single="[CLS] $A [SEP]",
    pair="[CLS] $A [SEP] $B:1 [SEP]:1",
    special_tokens=[("[CLS]", WORDS["[CLS]"]), ("[SEP]", WORDS["[SEP]"])],
)


def library(post_processor: processors.PostProcessor | None = BERT) -> tokenizers.Tokenizer:
    words = tokenizers.Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    if post_processor is not None:
        words.post_processor = post_processor
    return words


def test_a_row_is_the_question_and_the_text_with_special_tokens() -> None:
    tokenizer = PairTokenizer(EncoderTokenizer(library()))
    frame, text = tokenizer.frame("who came"), tokenizer.tokens("Ada came")
    assert (text.ids, text.offsets) == ([6, 5], [(0, 3), (4, 8)])
    row = frame.row(text.ids)
    expected = library().encode("who came", "Ada came")
    assert (list(row.tokens), list(row.types)) == (expected.ids, expected.type_ids)
    assert len(frame) == len(row.tokens) - len(text.ids)


def test_truncation_and_padding_of_the_file_are_off() -> None:
    cut = library()
    cut.enable_truncation(4)
    cut.enable_padding(length=20)
    assert len(PairTokenizer(EncoderTokenizer(cut)).tokens("Ada came Ada came Ada").ids) == 5


def test_a_tokenizer_without_a_special_token_before_the_question_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="no special token"):
        PairTokenizer(EncoderTokenizer(library(post_processor=None)))


def test_half_a_surrogate_pair_is_refused() -> None:
    tokenizer = PairTokenizer(EncoderTokenizer(library()))
    with pytest.raises(InvalidPrompt, match="surrogate"):
        tokenizer.frame("who\ud800")
    with pytest.raises(InvalidPrompt, match="surrogate"):
        tokenizer.tokens("Ada\ud800")
