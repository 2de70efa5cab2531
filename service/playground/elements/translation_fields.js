// How to translate: what texts and files have in common.
import { choice, h, labelled } from '../core/dom.js';

const QUALITIES = [['', 'translate.quality.standard'], ['high', 'translate.quality.high']];
const FORMALITIES = ['', 'more', 'less', 'prefer_more', 'prefer_less']
  .map((each) => [each, `translate.formality.${each || 'any'}`]);

class TranslationFields extends HTMLElement {
  #quality = choice(QUALITIES, { name: 'quality' });
  #formality = choice(FORMALITIES, { name: 'formality' });
  #glossary = h('textarea', { rows: 2, name: 'glossary', placeholder: 'invoice = facture' });
  #kept = h('textarea', { rows: 2, name: 'do_not_translate', placeholder: 'Acme Drive' });
  #context = h('textarea', { rows: 2, name: 'context' });

  connectedCallback() {
    this.append(h('details', {}, h('summary', { t: 'translate.more' }), h('div', { class: 'stack' },
      h('div', { class: 'pair' }, labelled('translate.quality', this.#quality),
        labelled('translate.formality', this.#formality)),
      labelled('translate.glossary', this.#glossary), labelled('translate.kept', this.#kept),
      labelled('translate.context', this.#context))));
  }

  // Pairs {source, target}, one for each line with an equals sign.
  get glossary() {
    const pairs = this.#glossary.value.split('\n').map((line) => line.split('=').map((part) => part.trim()));
    return pairs.filter(([source, target]) => source && target).map(([source, target]) => ({ source, target }));
  }

  get keptTerms() {
    return this.#kept.value.split('\n').map((line) => line.trim()).filter(Boolean);
  }

  // The fields of a request; what is not filled in is left out.
  get values() {
    const fields = {
      quality: this.#quality.value, formality: this.#formality.value, context: this.#context.value.trim(),
      glossary: this.glossary, do_not_translate: this.keptTerms,
    };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value.length));
  }
}

customElements.define('translation-fields', TranslationFields);

export const translationFields = () => document.createElement('translation-fields');
