"""A translator into German whose work can be foreseen."""

from dataclasses import dataclass

from service.engine.protocol.request import Request
from tests.api.scripted import ScriptedEngine


@dataclass
class Umlauts(ScriptedEngine):
    """Translates by putting dots on vowels, but for what is called hopeless."""

    def says(self, request: Request) -> str:
        text = self.tokenizer.decode(request.prompt).rpartition("user: ")[2].removesuffix("\nassistant: ")
        return text if "hopeless" in text else text.translate(str.maketrans("aou", "äöü"))
