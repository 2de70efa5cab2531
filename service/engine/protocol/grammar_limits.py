"""What a grammar may cost. It is the data of a stranger, and every limit ends it with an error."""

from llguidance import LLParserLimits


def parser_limits() -> LLParserLimits:
    """The limits of a matcher, in llguidance's units. Together they bound its time in each step and its memory.

    Building takes at most about 20 ms, a step about 15 ms, and the states of the lexer about 40 MB.
    """
    return LLParserLimits(
        initial_lexer_fuel=1_000_000,
        step_lexer_fuel=200_000,
        step_max_items=50_000,
        max_lexer_states=20_000,
        max_grammar_size=100_000,
        verbose_errors=False,  # they would repeat the grammar
    )
