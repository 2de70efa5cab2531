// The languages of a translation, by their names in the language of the page.
import { fetchJson } from '../core/api.js';
import { h, labelled } from '../core/dom.js';
import { languageName } from '../core/language.js';

class LanguageFields extends HTMLElement {
  #source = h('select', { name: 'source_lang' });
  #target = h('select', { name: 'target_lang' });

  connectedCallback() {
    this.classList.add('pair');
    this.append(labelled('translate.source', this.#source), labelled('translate.target', this.#target));
    this.#fill(['en', 'zh', 'fr']); // until the service has named its languages
    this.show();
    document.addEventListener('keychange', () => this.show());
  }

  // The fields of a request; no source means that it is detected.
  get values() {
    return { target_lang: this.#target.value, ...(this.#source.value && { source_lang: this.#source.value }) };
  }

  async show() {
    try {
      this.#fill((await fetchJson('v1/languages')).languages.map((language) => language.code));
    } catch {
      // The usual ones can be tried; a request says what is wrong.
    }
  }

  #fill(codes) {
    const options = () => codes.map((code) => h('option', { value: code, t: () => languageName(code) }));
    const [source, target] = [this.#source.value, this.#target.value || 'fr'];
    this.#source.replaceChildren(h('option', { value: '', t: 'translate.detect' }), ...options());
    this.#target.replaceChildren(...options());
    [this.#source.value, this.#target.value] = [source, target];
  }
}

customElements.define('language-fields', LanguageFields);

export const languageFields = () => document.createElement('language-fields');
