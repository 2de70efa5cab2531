"""Translation of texts by a language model that is shown how."""

from service.tasks.translation.translator import Translator

__all__ = ["Translator"]
