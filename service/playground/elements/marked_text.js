// A text in which marks stand out. Pointing at one, or moving to it, shows the same one on the other side.
import { h } from '../core/dom.js';
import { pieces } from '../core/marks.js';

// `same` are pairs of terms and their translations: either shows the other.
export function markedText(text, { terms = [], same = new Map() } = {}) {
  const parts = pieces(text, terms).map((piece) => {
    if (!piece.isMark) return piece.text;
    const mark = h('mark', { tabIndex: 0 }, piece.text);
    const name = piece.text.toLowerCase();
    mark.dataset.mark = same.get(name) ?? name;
    return mark;
  });
  return h('span', { class: 'marked' }, ...parts);
}

// Shows all equal marks within an element while one of them is pointed at or has the focus.
export function linkMarks(element) {
  const light = (event, isLit) => {
    const name = event.target.closest?.('mark')?.dataset.mark;
    if (name === undefined) return;
    for (const mark of element.querySelectorAll('mark')) {
      mark.classList.toggle('lit', isLit && mark.dataset.mark === name);
    }
  };
  for (const type of ['pointerover', 'focusin']) element.addEventListener(type, (event) => light(event, true));
  for (const type of ['pointerout', 'focusout']) element.addEventListener(type, (event) => light(event, false));
  return element;
}
