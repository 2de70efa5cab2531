"""A predictable translator into German."""

from service.engine.protocol.request import Request
from tests.fakes.engine import ScriptedEngine


class Umlauts(ScriptedEngine):
    """Puts dots on vowels, except in sentences with the word hopeless."""

    def text_for(self, request: Request) -> str:
        turn = self.tokenizer.decode(request.prompt).rpartition("user: ")[2].removesuffix("\nassistant: ")
        text = turn.partition(" translation only.\n\n")[2]
        return text if "hopeless" in text else text.translate(str.maketrans("aou", "äöü"))
