"""Texts that a model answered, refused or introduced instead of translating them."""

import re

# How a model speaks for itself, in the language of the translation; and what in a source may say the same.
_TALK = {
    "en": r"(?:as an ai\b|i['’]?a?m (?:just )?an ai\b|"
    r"i['’]?a?m sorry,? (?:but )?i (?:can(?:no|['’])t|am unable|do(?:n['’]t| not))|"
    r"sure[,!]|certainly[,!]|of course[,!]|here(?:['’]s| is| are) (?:the|a|your|my) (?:translat|text)|translation:|"
    r"the translation\b|(?:in )?(?:french|chinese|english)\s*[:：]|note:|i can help|how can i (?:help|assist))",
    "fr": r"(?:en tant qu['’](?:ia|assistant|intelligence)|(?:je suis )?désolée?,? (?:mais )?je ne|"
    r"bien sûr\s*[,!]|certainement\s*[,!]|voici (?:la|une|votre|le) (?:traduction|texte)|traduction\s*:|"
    r"la traduction\b|(?:en )?(?:français|chinois|anglais)\s*[:：]|comment puis-je vous aider)",
    "zh": r"(?:作为一个?(?:ai|人工智能|语言模型)|(?:很抱歉|对不起|抱歉)[，,]我(?:不能|无法|没有)|当然[，,！!]|"
    r"(?:以下|下面|这)是.{0,6}翻译|翻译(?:如下|结果)?[:：]|(?:中文|英文|法文|法语|英语)[:：]|我可以帮|有什么可以帮)",
}
_PATTERNS = {language: re.compile(rf"\s*[\"“«]?\s*{pattern}", re.IGNORECASE) for language, pattern in _TALK.items()}
_MAY_SAY_SO = re.compile(
    r"\b(?:ai|sorry|sure|certainly|of course|translat\w*|traduction|traduire|note|désolée?|bien sûr|certainement|"
    r"pardon|help|aider|apolog\w*|excus\w*|regret\w*|absolutely|d['’]accord|évidemment|naturally|naturellement)\b|"
    r"人工智能|抱歉|对不起|對不起|当然|當然|翻译|翻譯|帮|幫|不好意思|一定|肯定|注意|遗憾",
    re.IGNORECASE,
)
_REPLY = re.compile(r"\s*(?:yes|no|yeah|oui|non|si|是的|不是|不|对|好的|没有|可以)\s*[,，.。!！]", re.IGNORECASE)
_QUESTION = re.compile(r"[?？؟]\W*$")


def is_answered(source: str, translation: str, target: str) -> bool:
    """Whether the translation speaks about itself or its task, or answers a question by yes or no."""
    pattern = _PATTERNS.get(target)
    if pattern is not None and pattern.match(translation) and not _MAY_SAY_SO.search(source):
        return True
    is_question = _QUESTION.search(source) is not None
    return is_question and _REPLY.match(translation) is not None and not _REPLY.match(source)
