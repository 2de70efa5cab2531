"""The vocabulary by bytes."""

import pytest
from hypothesis import given

from service.tasks.answering.extraction.vocabulary import Vocabulary
from tests.tasks.answering.nasty_text import NASTY
from tests.tasks.text.vocabularies import tokenizer

KINDS = ["byte_level", "byte_fallback", "unigram"]
VOCABULARIES = {kind: Vocabulary(tokenizer(kind), tokenizer(kind).vocab_size) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@given(text=NASTY)
def test_the_tokens_at_a_byte_are_those_whose_bytes_stand_there(kind: str, text: str) -> None:
    data, kept = text.encode(), tokenizer(kind)
    tokens = {id: kept.token_bytes(id) for id in range(kept.vocab_size) if not kept.is_special(id)}
    tokens = {id: token for id, token in tokens.items() if 0 < len(token) <= 24 and id not in VOCABULARIES[kind].stop}
    for start in range(len(data)):
        expected = {(id, start + len(token)) for id, token in tokens.items() if data.startswith(token, start)}
        found = list(VOCABULARIES[kind].tokens_at(data, start))
        assert len(found) == len(set(found))
        assert set(found) == expected


def test_a_byte_level_vocabulary_spells_everything() -> None:
    assert VOCABULARIES["byte_level"].spells_all
    assert VOCABULARIES["byte_fallback"].spells_all
    assert not VOCABULARIES["unigram"].spells_all


def test_the_tokens_that_end_a_text_end_a_span() -> None:
    kept = tokenizer("byte_level")
    assert VOCABULARIES["byte_level"].stop == tuple(sorted(kept.eos_token_ids))
    one_line = Vocabulary(kept, kept.vocab_size, one_line=True)
    assert set(one_line.stop) > set(kept.eos_token_ids)
    assert all(kept.token_bytes(id).startswith(b"\n") for id in set(one_line.stop) - set(kept.eos_token_ids))


def test_tokens_beyond_the_models_vocabulary_are_left_out() -> None:
    small = Vocabulary(tokenizer("byte_level"), 300)
    assert all(id < 300 for id, _ in small.tokens_at(b"The quick brown fox", 0))
