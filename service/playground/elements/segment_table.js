// A translation beside its source, sentence by sentence, with doubts and confidence.
import { slicer } from '../core/characters.js';
import { h } from '../core/dom.js';
import { languageName, t } from '../core/language.js';
import { confidence } from './confidence.js';
import { linkMarks, markedText } from './marked_text.js';

const NO_DOUBT = 'retried';

// `translation` as the service answers it, of `text`. `glossary` and `kept` are the terms of the request.
export function segmentTable(text, translation, { glossary = [], kept = [] }) {
  const slice = slicer(text);
  const same = new Map(glossary.map(({ source, target }) => [source.toLowerCase(), target.toLowerCase()]));
  const terms = [...glossary.flatMap(({ source, target }) => [source, target]), ...kept];
  const marked = (part) => markedText(part, { terms, same });
  const name = (code) => (code ? languageName(code) : t('translate.mixed'));
  const head = h('thead', {}, h('tr', {},
    h('th', { scope: 'col', t: () => name(translation.source_lang) }),
    h('th', { scope: 'col', t: () => name(translation.target_lang) }),
    h('th', { scope: 'col', t: 'translate.doubts' })));
  const rows = translation.segments.map((segment) => h('tr', {},
    h('td', { lang: translation.source_lang ?? '' }, marked(slice(segment.start, segment.end))),
    h('td', { lang: translation.target_lang }, marked(segment.text)),
    h('td', {}, h('div', { class: 'tight' }, confidence('translate.confidence', segment.confidence), flags(segment)))));
  return linkMarks(h('table', { class: 'segments' }, head, h('tbody', {}, ...rows)));
}

function flags({ flags: names, origin }) {
  const chips = names.map((flag) => h('li', { class: flag === NO_DOUBT ? 'chip' : 'chip bad', t: `flag.${flag}` }));
  if (origin === 'memory') chips.push(h('li', { class: 'chip', t: 'flag.memory' }));
  return chips.length ? h('ul', { class: 'row' }, ...chips) : null;
}
