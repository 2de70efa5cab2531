"""Markup of HTML that is no tag: comments, declarations, sections, and tags that never end."""

import re

from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind

_TAG_BEGINS = re.compile(r"</?[a-zA-Z]")
_COMMENT_END = re.compile("--!?>")


def read_comment(text: str, begin: int, cdata_end: int) -> tuple[int, Fragment | None]:
    """The markup at the ``<`` at ``begin``, where no tag is, and where it ends; None if the ``<`` is text.

    ``cdata_end`` is where the last ``]]>`` of the text begins, which may be cut off behind ``text``.
    """
    following = text[begin + 1 : begin + 9]
    if _TAG_BEGINS.match(text, begin):
        return len(text), Fragment(FragmentKind.BREAK, text[begin:])  # the tag never ends
    if following.startswith("!--"):
        closed = _COMMENT_END.search(text, begin + 2)
        end = closed.end() if closed else len(text)
        return end, Fragment(FragmentKind.TAG, text[begin:end])
    if following == "![CDATA[" and begin < cdata_end:
        end = text.find("]]>", begin) + 3
        end = end if end > begin else len(text)
        return end, Fragment(FragmentKind.TAG, text[begin:end])
    if following[:1] in ("!", "?", "/") and following[1:2]:
        end = tag_end(text, begin)
        kind = FragmentKind.BREAK if following[:8].lower() == "!doctype" else FragmentKind.TAG
        return end, Fragment(kind, text[begin:end])
    return begin + 1, None


def tag_end(text: str, begin: int) -> int:
    """The end of a tag that is in ``text`` from ``begin`` on, or the end of the text."""
    return text.find(">", begin) + 1 or len(text)
