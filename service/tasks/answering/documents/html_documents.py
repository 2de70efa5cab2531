"""Documents in HTML: a query for their texts, and the spans of its answer with offsets in the HTML."""

from dataclasses import dataclass, replace
from typing import Self

from service.tasks.answering.documents.html_text import HtmlText, html_text
from service.tasks.answering.query import Query
from service.tasks.answering.result import Answer, AnswerSpan


@dataclass(frozen=True, slots=True)
class HtmlDocuments:
    """A query whose documents are the ``texts`` of HTML documents, by their ids."""

    query: Query
    texts: dict[str, HtmlText]

    @classmethod
    def from_query(cls, query: Query) -> Self:
        """Read the documents of a query as HTML."""
        texts = {document.id: html_text(document.text) for document in query.documents}
        documents = tuple(replace(document, text=texts[document.id].text) for document in query.documents)
        return cls(replace(query, documents=documents, format="text"), texts)

    def span(self, span: AnswerSpan) -> AnswerSpan:
        """The span with offsets in the HTML. Its text stays without tags."""
        start, end = self.texts[span.document].source(span.start, span.end)
        return replace(span, start=start, end=end)

    def answer(self, answer: Answer) -> Answer:
        """The answer with such spans."""
        return replace(answer, spans=tuple(map(self.span, answer.spans)))
