"""Makes the constraints of sequences."""

from pathlib import Path

from llguidance import LLMatcher, LLTokenizer

from service.engine.constraints.constraint import Constraint
from service.engine.constraints.grammar_constraint import GrammarConstraint
from service.engine.constraints.graph_constraint import GraphConstraint
from service.engine.protocol.grammar import Grammar
from service.engine.protocol.grammar_limits import parser_limits
from service.engine.protocol.request import Request
from service.errors import EngineError


class ConstraintMaker:
    """Knows the texts of the model's tokens. They are read when the first grammar comes, which takes about a second."""

    def __init__(self, model_path: str, vocab_size: int) -> None:
        self._path = Path(model_path) / "tokenizer.json"
        self._vocab_size = vocab_size
        self._tokenizer: LLTokenizer | None = None

    def make(self, request: Request) -> Constraint | None:
        """The constraint of a request, moved on by the tokens that it has generated already; None if it has none.

        The constraint of a grammar that cannot be used has failed from the start. Raises EngineError if there is no
        tokenizer that grammars can be used with.
        """
        params = request.params
        constraint: Constraint
        if params.constraint is None:
            return None
        if isinstance(params.constraint, Grammar):
            constraint = self._follow(params.constraint, params.stop_token_ids)
        else:
            constraint = GraphConstraint(params.constraint, params.stop_token_ids)
        for token in request.generated:
            constraint.advance(token)
        return constraint

    def _follow(self, grammar: Grammar, stop_token_ids: tuple[int, ...]) -> GrammarConstraint:
        tokenizer = self._tokenizer = self._tokenizer or self._load_tokenizer()
        matcher = LLMatcher(tokenizer, grammar.source, log_level=0, limits=parser_limits())
        return GrammarConstraint(matcher, stop_token_ids, has_canonical_tokens=tokenizer.is_canonical)

    def _load_tokenizer(self) -> LLTokenizer:
        try:
            source = self._path.read_text(encoding="utf-8")
            return LLTokenizer(source, n_vocab=self._vocab_size)
        except (OSError, ValueError) as error:
            raise EngineError(f"the model has no tokenizer that grammars can be used with: {error}") from error
