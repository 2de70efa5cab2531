// The passages with the spans of the answers in them. One span is the current one.
import { slicer } from '../core/characters.js';
import { h } from '../core/dom.js';
import { say } from '../core/language.js';

class PassageView extends HTMLElement {

  // `spans` are {start, end, document}; `document` is null or the number of a passage, as a text. Spans that overlap an
  // earlier one are not marked, but can be shown alone.
  show(texts, spans, current = 0) {
    this.classList.add('tight');
    this.replaceChildren(...texts.map((text, index) => {
      const own = spans.map((span, place) => ({ ...span, place }))
        .filter((span) => span.document === null || span.document === String(index + 1));
      return h('section', { class: 'panel tight' }, say(h('h3'), 'passage', { number: index + 1 }),
        h('p', { class: 'passage', tabIndex: 0, tLabel: 'answer.passage', role: 'group' },
          ...this.#parts(text, own, current)));
    }));
    this.querySelector('.current')?.scrollIntoView({ block: 'nearest' });
  }

  #parts(text, spans, current) {
    const slice = slicer(text);
    const chosen = [];
    for (const span of [...spans].sort((a, b) => (b.place === current) - (a.place === current))) {
      if (chosen.every((other) => span.end <= other.start || span.start >= other.end)) chosen.push(span);
    }
    const parts = [];
    let end = 0;
    for (const span of chosen.sort((a, b) => a.start - b.start)) {
      parts.push(slice(end, span.start));
      parts.push(h('mark', { class: span.place === current ? 'current' : '' }, slice(span.start, span.end)));
      end = span.end;
    }
    return [...parts, slice(end)];
  }
}

customElements.define('passage-view', PassageView);

export const passageView = () => document.createElement('passage-view');
