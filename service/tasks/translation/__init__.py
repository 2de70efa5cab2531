"""Translates texts with a translation model, or with a language model and a few examples.

A sentence takes this path; each name is a class:

    text of a TranslationOrder
     └─ ParsedDocument      documents/         the text as units, and the strings between them
         └─ Unit            documents/marks/   a segment as the model sees it: markers stand for tags and placeholders
             └─ SourceSegment    plan.py       a unit that is translated once, however often it occurs
                 └─ SegmentPrompt              the prompt for a source segment
                     └─ TranslationCandidate   one decoding of the prompt
                         └─ SegmentCandidates  all decodings of a segment: branches if asked for, and a retry if flagged
                             └─ Segment        the best candidate, in its place in the Translation

The package deals with texts, prompts and the quality of translations. It never deals with HTTP or the engine's steps.
"""

from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.formats.html.tag_rules import BY_FORMAT, WITH_ATTRIBUTES, TagRules
from service.tasks.translation.language.detection import Detection, Detector
from service.tasks.translation.language.segmentation import Splitting
from service.tasks.translation.memory import MemoryPair
from service.tasks.translation.order import Quality, TranslationOrder
from service.tasks.translation.pivot import PivotPlan
from service.tasks.translation.prepared import PreparedTranslation
from service.tasks.translation.prompting.formality import FORMS_OF_ADDRESS, Formality
from service.tasks.translation.prompting.glossary import Term, possible_terms
from service.tasks.translation.quality.flags import Flag
from service.tasks.translation.result import Segment, SegmentDelta, Translation
from service.tasks.translation.run import TranslationObserver, TranslationRun
from service.tasks.translation.tmx import read_tmx
from service.tasks.translation.translator import (
    Translator,
    known_languages,
    knows_pair,
    readable_bases,
    unread_option,
)

__all__ = [
    "BY_FORMAT",
    "FORMS_OF_ADDRESS",
    "WITH_ATTRIBUTES",
    "Detection",
    "Detector",
    "Flag",
    "Formality",
    "Format",
    "MemoryPair",
    "PivotPlan",
    "PreparedTranslation",
    "Quality",
    "Segment",
    "SegmentDelta",
    "Splitting",
    "TagRules",
    "Term",
    "Translation",
    "TranslationObserver",
    "TranslationOrder",
    "TranslationRun",
    "Translator",
    "known_languages",
    "knows_pair",
    "possible_terms",
    "read_tmx",
    "readable_bases",
    "unread_option",
]
