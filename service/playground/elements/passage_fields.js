// The texts that may hold an answer: one, or several that are told apart by numbers.
import { h, labelled } from '../core/dom.js';
import { say } from '../core/language.js';

class PassageFields extends HTMLElement {
  #list = h('div', { class: 'tight' });
  first = '';

  connectedCallback() {
    this.classList.add('tight');
    this.append(this.#list, h('div', { class: 'row' },
      h('button', { type: 'button', class: 'button', t: 'passage.add', on: { click: () => this.#add('').focus() } }),
      h('button', { type: 'button', class: 'button', t: 'passage.remove', on: { click: () => this.#remove() } })));
    this.#add(this.first);
  }

  // The texts, without empty ones.
  get texts() {
    return [...this.#list.querySelectorAll('textarea')].map((field) => field.value).filter((text) => text.trim());
  }

  #add(text) {
    const field = h('textarea', { rows: 4 });
    field.value = text;
    const label = labelled('passage', field);
    say(label.firstChild, 'passage', { number: this.#list.childElementCount + 1 });
    this.#list.append(label);
    return field;
  }

  #remove() {
    if (this.#list.childElementCount > 1) this.#list.lastElementChild.remove();
  }
}

customElements.define('passage-fields', PassageFields);

// `first` is the first text at the start.
export const passageFields = (first) => Object.assign(document.createElement('passage-fields'), { first });
