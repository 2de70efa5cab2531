// The models that have a capability: one of them in a select, or several as check boxes.
import { ApiError } from '../core/api.js';
import { h } from '../core/dom.js';
import { t } from '../core/language.js';
import { modelsFor } from '../core/models.js';

class ModelPicker extends HTMLElement {
  capability = 'generate';
  several = false;
  #models = [];

  connectedCallback() {
    this.show();
    document.addEventListener('keychange', () => this.show({ again: true }));
  }

  // The names that are chosen.
  get values() {
    const chosen = this.several ? this.querySelectorAll('input:checked') : this.querySelectorAll('select');
    return [...chosen].map((field) => field.value).filter(Boolean);
  }

  get value() {
    return this.values[0];
  }

  // The chosen model as the service describes it.
  get model() {
    return this.#models.find((model) => model.id === this.value);
  }

  async show(options = {}) {
    try {
      this.#models = await modelsFor(this.capability, options);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
      this.#models = []; // a request says what is wrong
    }
    this.replaceChildren(this.several ? this.#boxes() : this.#select());
    this.dispatchEvent(new Event('change'));
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
