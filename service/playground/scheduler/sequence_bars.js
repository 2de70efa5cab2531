// The sequences of an engine as bars, each as long as it may become.
import { h } from '../core/dom.js';
import { formatNumber, say, t } from '../core/language.js';
import { Legend } from './legend.js';

const SHOWN = 40;
const PARTS = [
  ['second', 'sequences.cached'], ['first', 'sequences.prompt'], ['rest striped', 'sequences.uncomputed'],
  ['third', 'sequences.generated'], ['rest', 'sequences.limit'],
];

class SequenceBars extends HTMLElement {
  #count = h('p', { class: 'quiet' });
  #list = h('ul', { class: 'sequences' });

  connectedCallback() {
    this.classList.add('panel', 'tight');
    this.append(h('h2', { t: 'sequences' }), new Legend(PARTS).element, this.#count, this.#list);
  }

  show({ running, waiting, sequences }) {
    const longest = Math.max(1, ...sequences.map((each) => each.prompt + each.most_generated));
    say(this.#count, () => t('sequences.count', { running: formatNumber(running), waiting: formatNumber(waiting) }));
    this.#list.replaceChildren(...sequences.slice(0, SHOWN).map((sequence) => row(sequence, longest)));
    if (sequences.length > SHOWN) {
      this.#list.append(say(h('li', { class: 'quiet' }), 'sequences.more', { count: sequences.length - SHOWN }));
    }
  }
}

function row(sequence, longest) {
  const { number, status, prompt, cached, computed, generated, most_generated: most, blocks, preemptions } = sequence;
  const known = Math.min(cached, prompt); // of the prompt
  const done = Math.max(known, Math.min(computed, prompt));
  const lengths = [known, done - known, prompt - done, generated, most - generated];
  const bar = h('div', { class: 'sequence-bar', 'aria-hidden': 'true' });
  lengths.forEach((length, index) => {
    const part = h('span', { class: `swatch ${PARTS[index][0]}` });
    part.style.width = `${(100 * Math.max(0, length)) / longest}%`;
    bar.append(part);
  });
  const words = () => t('sequences.words', {
    prompt: formatNumber(prompt), cached: formatNumber(cached), generated: formatNumber(generated),
    most: formatNumber(most), blocks: formatNumber(blocks), preemptions: formatNumber(preemptions),
  });
  const state = h('span', { class: 'chip', t: `sequences.${status}` });
  const line = h('p', { class: 'row' }, h('strong', {}, `#${number}`), state, h('span', { class: 'quiet', t: words }));
  return h('li', {}, line, bar);
}

customElements.define('sequence-bars', SequenceBars);

export const sequenceBars = () => document.createElement('sequence-bars');
