// One message of a conversation: its text, the thoughts before it, and its calls of tools.
import { h, labelled } from '../core/dom.js';
import { resultOf } from '../core/demo_tools.js';

class ChatTurn extends HTMLElement {
  #text = h('div', { class: 'chat-text' });
  #thoughts = h('pre', {});
  #reasoning = h('details', { hidden: true }, h('summary', { t: 'chat.reasoning' }), this.#thoughts);
  #calls = h('div', { class: 'tight' });
  role = 'user';

  connectedCallback() {
    this.classList.add('chat-turn');
    this.dataset.role = this.role;
    this.setAttribute('role', 'listitem');
    this.append(h('h3', { t: `chat.role.${this.role}` }), this.#reasoning, this.#text, this.#calls);
  }

  // Shows the message as it is now.
  show({ content = '', reasoning = '', calls = [] }) {
    this.#text.textContent = content ?? '';
    this.#text.hidden = !content;
    this.#thoughts.textContent = reasoning;
    this.#reasoning.hidden = !reasoning;
    this.#calls.replaceChildren(...calls.map(({ name, arguments: text }) =>
      h('div', { class: 'call' },
        h('p', { class: 'row' }, h('span', { class: 'chip', t: 'chat.call' }), h('code', {}, name)),
        h('pre', {}, text))));
  }

  // Adds a field for the result of each call. Returns a function that gives the results as messages.
  askForResults(calls) {
    const fields = calls.map((call, index) => {
      const field = h('textarea', { rows: 1, class: 'code' });
      field.value = resultOf(call);
      this.#calls.children[index].append(labelled('chat.result', field));
      return field;
    });
    return () => calls.map(({ id }, index) => {
      fields[index].readOnly = true;
      return { role: 'tool', tool_call_id: id, content: fields[index].value };
    });
  }
}

customElements.define('chat-turn', ChatTurn);

export const chatTurn = (role) => Object.assign(document.createElement('chat-turn'), { role });
