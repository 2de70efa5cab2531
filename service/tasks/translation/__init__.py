"""Translation of texts by a language model that is shown how."""

from service.tasks.translation.order import Order, Term
from service.tasks.translation.translator import Job, Translator

__all__ = ["Job", "Order", "Term", "Translator"]
