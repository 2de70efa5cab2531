// The models that have a capability: one of them in a select, or several as check boxes.
import { ApiError } from '../core/api.js';
import { h } from '../core/dom.js';
import { t } from '../core/language.js';
import { modelsFor } from '../core/models.js';

const LOADING = 2000; // milliseconds after which the state of models that load is asked for again

class ModelPicker extends HTMLElement {
  capability = 'generate';
  several = false;
  #models = [];

  connectedCallback() {
    this.show();
    document.addEventListener('keychange', () => this.show());
  }

  // The names that are chosen.
  get values() {
    const chosen = this.several ? this.querySelectorAll('input:checked') : this.querySelectorAll('select');
    return [...chosen].map((field) => field.value).filter(Boolean);
  }

  get value() {
    return this.values[0];
  }

  async show(options = {}) {
    try {
      this.#models = await modelsFor(this.capability, options);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
      this.#models = []; // a request says what is wrong
    }
    const chosen = this.values;
    this.replaceChildren(this.several ? this.#boxes() : this.#select());
    this.#choose(chosen);
    if (this.#models.some((model) => model.state === 'loading')) setTimeout(() => this.show({ again: true }), LOADING);
  }

  // Chooses these again, if they are still there, or else leaves the first one chosen.
  #choose(names) {
    const known = names.filter((name) => this.#models.some((model) => model.id === name));
    if (!known.length) return;
    for (const box of this.querySelectorAll('input')) box.checked = known.includes(box.value);
    for (const select of this.querySelectorAll('select')) [select.value] = known;
  }

  #select() {
    const options = this.#models.map((model) => h('option', { value: model.id, t: () => described(model) }));
    const empty = h('option', { value: '', t: 'model.none' });
    return h('label', {}, h('span', { t: 'model' }), h('select', {}, ...(options.length ? options : [empty])));
  }

  #boxes() {
    const boxes = this.#models.map((model, index) =>
      h('label', { class: 'check' }, h('input', { type: 'checkbox', value: model.id, checked: index === 0 }),
        h('span', { t: () => described(model) })));
    return h('fieldset', { class: 'tight' }, h('legend', { t: 'models' }),
      ...(boxes.length ? boxes : [h('span', { class: 'quiet', t: 'model.none' })]));
  }
}

const described = (model) => (model.state === 'ready' ? model.id : `${model.id} (${t(`model.${model.state}`)})`);

customElements.define('model-picker', ModelPicker);

export const modelPicker = (capability, { several = false } = {}) =>
  Object.assign(document.createElement('model-picker'), { capability, several });
