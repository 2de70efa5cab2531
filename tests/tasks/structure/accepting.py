"""Whether a text is one that a grammar allows."""

from functools import cache

from llguidance import LLMatcher, LLTokenizer

from service.engine.protocol.grammar_limits import parser_limits
from tests.fakes.tokenizer import EOS, byte_library


@cache
def byte_tokens() -> LLTokenizer:
    """A tokenizer with a token for each byte."""
    return LLTokenizer(byte_library().to_str(), eos_token=EOS)


def accepts(source: str, text: str) -> bool:
    """Whether ``text`` is one of those of a grammar in llguidance's notation."""
    matcher = LLMatcher(byte_tokens(), source, log_level=0, limits=parser_limits())
    assert not matcher.is_error(), matcher.get_error()
    ids = byte_tokens().tokenize_str(text)
    return matcher.validate_tokens(ids) == len(ids) and matcher.consume_tokens(ids) and matcher.is_accepting()
