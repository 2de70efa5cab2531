// The tools that the model may call, as JSON.
import { EXAMPLE_TOOLS } from '../core/demo_tools.js';
import { choice, h, labelled } from '../core/dom.js';
import { t } from '../core/language.js';

const CHOICES = ['auto', 'required', 'none'].map((each) => [each, `tools.choice.${each}`]);

class ToolsField extends HTMLElement {
  #editor = h('textarea', { rows: 10, class: 'code', name: 'tools', spellcheck: false });
  #single = h('input', { type: 'checkbox', name: 'single', checked: true });
  #choice = choice(CHOICES, { name: 'tool_choice' });

  connectedCallback() {
    this.classList.add('tight');
    this.#editor.value = JSON.stringify(EXAMPLE_TOOLS, null, 1);
    this.append(labelled('tools', this.#editor), labelled('tools.choice', this.#choice),
      h('label', { class: 'check' }, this.#single, h('span', { t: 'tools.single' })));
  }

  // The fields of a request. Throws Error if the editor has no JSON.
  get values() {
    if (!this.#editor.value.trim()) return {};
    try {
      return {
        tools: JSON.parse(this.#editor.value),
        tool_choice: this.#choice.value,
        parallel_tool_calls: !this.#single.checked,
      };
    } catch (error) {
      throw new Error(`${t('tools.invalid')} ${error.message}`);
    }
  }

  // After results the model is not made to call again.
  get valuesAfterResults() {
    const values = this.values;
    return values.tool_choice === 'required' ? { ...values, tool_choice: 'auto' } : values;
  }
}

customElements.define('tools-field', ToolsField);

export const toolsField = () => document.createElement('tools-field');
