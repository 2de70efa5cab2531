"""Lines that are markers: they tell a renderer what follows, and only a title in them is text.

Alerts of GitHub and callouts of Obsidian (`[!NOTE]- Title`), fenced containers (`:::note Title`, `:::note[Title]`),
admonitions of MkDocs (`!!! note "Title"`) and reStructuredText (`.. note:: Title`), definitions (`: text`), attributes
and shortcodes (`{: .class}`, `{% tag %}`, `{{< name >}}`), tables of contents, and imports of MDX.
"""

import re

_MARKER = re.compile(
    r"""[ \t]*+ (?:
        \[![\w-]{1,40}+\][+-]?+ (?:[ \t]++|$)
      | :{3,}+[ \t]*+ (?:[\w-]++\[ (?P<bracket>) | (?:\{[^{}]*+\}|[\w-]++)?+ (?:[ \t]*+\{[^{}]*+\})?+ (?:[ \t]++|$))
      | (?:!!!|\?\?\?\+?+)[ \t]++[\w-]++(?:[ \t]++[\w-]++)*+ (?:[ \t]++" (?P<quote>) | [ \t]*+$)
      | \.\.[ ][\w-]++::(?:[ \t]++|$)
      | :[ \t]++(?=\S)
      | (?: \{[:%][^\n]*\} | \{\{[<%][^\n]*[>%]\}\} | \[\[?_?TOC_?\]?\]
          | \[(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)\] | import[ ][^\n]*[ ]from[ ]["'][^"'\n]*["'];? ) [ \t]*+$
    )""",
    re.VERBOSE,
)
_CLOSING = {"bracket": "]", "quote": '"'}


def title_of(line: str) -> tuple[int, int] | None:
    """Start and end of the title in a marker line, which are equal if it has none. None if the line is no marker."""
    match = _MARKER.match(line)
    if match is None:
        return None
    end = line.rfind(_CLOSING[match.lastgroup], match.end()) if match.lastgroup else len(line)
    return match.end(), max(match.end(), end)
