// Which colour means what, with a number beside it.
import { h } from '../core/dom.js';
import { formatNumber, say, t } from '../core/language.js';

export class Legend {
  #items = new Map();

  // `entries` are pairs of a colour's class and the key of a word.
  constructor(entries) {
    this.element = h('ul', { class: 'series-legend' });
    for (const [colour, key] of entries) {
      const text = h('span', { t: key });
      this.#items.set(key, text);
      this.element.append(h('li', {}, h('span', { class: `swatch ${colour}` }), text));
    }
  }

  show(numbers) {
    for (const [key, number] of Object.entries(numbers)) {
      say(this.#items.get(key), () => `${t(key)}: ${formatNumber(number)}`);
    }
  }
}
