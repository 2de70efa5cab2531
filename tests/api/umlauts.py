"""A translator into German whose work can be foreseen."""

from service.engine.protocol.request import Request
from tests.fakes.engine import ScriptedEngine


class Umlauts(ScriptedEngine):
    """Translates by putting dots on vowels, except for sentences with the word hopeless."""

    def text_for(self, request: Request) -> str:
        text = self.tokenizer.decode(request.prompt).rpartition("user: ")[2].removesuffix("\nassistant: ")
        return text if "hopeless" in text else text.translate(str.maketrans("aou", "äöü"))
