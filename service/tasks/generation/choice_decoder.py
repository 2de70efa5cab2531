"""Turns the outputs of one sequence into the deltas of its choice."""

from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.tasks.generation.choice import Delta
from service.tasks.generation.request import GenerationRequest
from service.tasks.text.detokenizer import Detokenizer
from service.tasks.text.stop_strings import StopStrings
from service.tasks.text.tokenizer import Tokenizer


class ChoiceDecoder:
    """Turns outputs into text and finds stop strings. It holds back text that cannot be sent yet.

    A stop string that begins in the first ``min_tokens`` tokens does not count, just as stop tokens do not count there.
    """

    def __init__(self, request: GenerationRequest, tokenizer: Tokenizer, prompt_index: int, choice: int) -> None:
        self.prompt_index = prompt_index
        self.choice = choice
        self.num_tokens = 0  # that were computed for this choice
        self.num_predicted = 0  # tokens that were proposed from the prediction and accepted
        self.num_rejected = 0  # tokens of the prediction that were proposed and not accepted
        self.finish: FinishReason | None = None
        options = request.options
        self.params = options.params
        self._include_stop = options.include_stop
        self._min_tokens = options.params.min_tokens - len(request.begun)
        self._detokenizer = Detokenizer(tokenizer, request.prompt, skip_special_tokens=options.skip_special_tokens)
        self._stops = StopStrings(options.stop, include=options.include_stop)
        self._tokens = [*request.begun]  # since the last delta
        self._text = "".join(self._detokenizer.feed(each.token) for each in request.begun if each.token is not None)

    def push(self, output: TokenOutput) -> Delta | None:
        """Add one output. Returns a delta if there is text to send or the choice ends, else None."""
        self._tokens.append(output)
        self.num_predicted += output.was_predicted
        self.num_rejected += output.num_rejected
        self.finish = FinishReason.STOP if output.finish is FinishReason.COMPLETE else output.finish
        stop: str | int | None = None
        text, self._text = self._text, ""
        if output.token is not None:
            self.num_tokens += 1
            stop = output.token if output.finish is FinishReason.STOP else None
            if stop is None or self._include_stop:
                text += self._detokenizer.feed(output.token)
        if output.finish is not None:
            text += self._detokenizer.flush()
        if self.num_tokens > self._min_tokens:
            text = self._stops.feed(text)
        if output.finish is not None:
            text += self._stops.flush()
        if self._stops.matched is not None:
            self.finish, stop = FinishReason.STOP, self._stops.matched
        if not text and self.finish is None:
            return None
        tokens, self._tokens = tuple(self._tokens), []
        return Delta(self.prompt_index, self.choice, text, tokens, self.finish, stop, output.error, output.error_kind)
