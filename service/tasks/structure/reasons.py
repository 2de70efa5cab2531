"""Why a grammar is refused, in words that are not the client's: an answer never repeats what was sent."""

import re

_WORD = re.compile(r"[^\W\d_][\w$-]*|\d{7,}")
_KEYWORDS = (
    "$anchor $defs $dynamicAnchor $dynamicRef $id $recursiveRef $ref $schema additionalItems additionalProperties "
    "allOf anyOf const contains contentEncoding contentMediaType contentSchema dependencies dependentRequired "
    "dependentSchemas enum exclusiveMaximum exclusiveMinimum format if then else items maxContains maxItems "
    "maxLength maxProperties maximum minContains minItems minLength minProperties minimum multipleOf not oneOf "
    "pattern patternProperties prefixItems properties propertyNames required type unevaluatedItems "
    "unevaluatedProperties uniqueItems"
)
_ENGLISH = (
    "a an and any are array arrays at be between boolean cannot circular compile constraints deep default "
    "definition depth digits disjoint does duplicate empty error exceeded exist expected f64 failed false fetch "
    "fetches for found free fuel generate got grammar greater has in incompatible integer interval invalid is it "
    "item json key keys large lark least less lexer limit listed long lookarounds many maximum minimum missing "
    "more must name no non-negative not null number object of on only or parse parser pointer positive present "
    "property range recursion reference regex registry resource resources retriever retrieving rule rules schema "
    "size start string strings supported than the to token tokens too type types u64 unexpected unimplemented "
    "unknown unsatisfiable unsupported usize valid value values with"
)
_KNOWN = frozenset(f"{_KEYWORDS} {_ENGLISH}".lower().replace("$", "").split())


def public_reason(message: str) -> str:
    """The first sentence of a message of llguidance. Words that are neither its own nor JSON Schema's become "…"."""
    sentence = message.strip().splitlines()[0].split(". ")[0]  # further ones are for programmers
    return _WORD.sub(lambda word: word[0] if word[0].lower() in _KNOWN else "…", sentence)
