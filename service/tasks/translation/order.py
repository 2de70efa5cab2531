"""The order: the texts that a client wants translated, and how."""

from dataclasses import dataclass
from typing import Literal

from service.tasks.encoder_decoder.generation_defaults import NO_WISH, SearchWish
from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.formats.html.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.language.segmentation import Splitting
from service.tasks.translation.memory import MemoryPair
from service.tasks.translation.prompting.formality import Formality
from service.tasks.translation.prompting.glossary import Term

# high: each segment is also decoded from the places where the model was least certain, and the best is chosen.
Quality = Literal["standard", "high"]
_BRANCHES = {"standard": 0, "high": 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationOrder:
    """Texts to translate, with all options of the client."""

    texts: tuple[str, ...]
    target: str  # name or code of a language
    source: str | None = None  # name or code of a language; None: the language of each text is detected
    pivot: str | None = None  # name or code of a language to go through if no model translates the pair itself
    format: Format = "text"
    tags: TagRules = BY_FORMAT  # for HTML, XML and the HTML in Markdown
    splitting: Splitting = "sentences"  # where a text may be cut, in addition to its layout and its markup
    glossary: tuple[Term, ...] = ()
    do_not_translate: tuple[str, ...] = ()
    memory: tuple[MemoryPair, ...] = ()  # segments that were translated before are translated the same way
    context: str = ""  # the model reads it, but does not translate it
    contexts: tuple[str, ...] = ()  # the same for each text alone; none for the texts behind the last one
    output_prefix: str = ""  # each translation begins with it
    formality: Formality = "default"
    alternatives: int = 0  # number of further translations of each text
    quality: Quality = "standard"
    search: SearchWish = NO_WISH  # of the beams of a translation model

    @property
    def num_branches(self) -> int:
        """How many branches of each segment's first candidate are decoded."""
        return _BRANCHES[self.quality]
