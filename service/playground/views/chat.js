// A conversation with tools: the model calls, the person (or the page, for the calculator) gives results.
import { asMessage, turn } from '../core/conversation.js';
import { h, labelled } from '../core/dom.js';
import { Pace } from '../core/pace.js';
import { chatTurn } from '../elements/chat_turn.js';
import { errorNote } from '../elements/error_note.js';
import { modelPicker } from '../elements/model_picker.js';
import { runButton } from '../elements/run_button.js';
import { samplingFields } from '../elements/sampling_fields.js';
import { toolsField } from '../elements/tools_field.js';
import { usageLine } from '../elements/usage_line.js';

export function mount(panel) {
  const model = modelPicker('chat');
  const system = h('textarea', { rows: 2, name: 'system' });
  const tools = toolsField();
  const sampling = samplingFields({ max_tokens: 256, temperature: 0 });
  const log = h('div', { class: 'stack', role: 'list', tLabel: 'chat.log', hidden: true });
  const empty = h('p', { class: 'empty', t: 'chat.empty' });
  const usage = usageLine();
  const note = errorNote();
  const message = h('textarea', { rows: 2, name: 'message' });
  message.value = 'What is 17 * 23?';
  let messages = [];
  let results = null; // gives the results of the open calls, while there are any

  function add(role, content) {
    const element = chatTurn(role);
    log.append(element);
    log.hidden = false;
    empty.hidden = true;
    if (content !== undefined) element.show(content);
    return element;
  }

  async function answer(signal, toolFields) {
    const conversation = messages;
    const pace = new Pace();
    const element = add('assistant');
    const before = system.value.trim() ? [{ role: 'system', content: system.value }] : [];
    const request = { model: model.value, messages: [...before, ...messages], ...toolFields, ...sampling.values };
    let last = null;
    try {
      for await (last of turn(request, signal)) {
        pace.add((last.usage?.completion_tokens ?? 0) - pace.tokens);
        element.show(last.message);
        usage.show({ usage: last.usage, pace, finish: last.finish });
        element.scrollIntoView({ block: 'nearest' });
      }
    } finally {
      if (last === null) element.remove();
      else if (conversation === messages) finish(element, last); // else a new one has begun
    }
  }

  function finish(element, { message: said, finish: reason }) {
    if (reason === null) said.calls = []; // a call that was cut off cannot be answered
    if (said.content || said.calls.length) messages.push(asMessage(said));
    if (said.calls.length) askFor(element.askForResults(said.calls));
  }

  const composer = labelled('chat.message', message);
  const giving = h('p', { class: 'quiet', t: 'chat.give', hidden: true });
  const button = runButton({ label: 'chat.send', note, task: async (signal) => {
    const toolFields = results ? tools.valuesAfterResults : tools.values;
    const content = message.value.trim();
    if (results) {
      messages.push(...results());
      askFor(null);
    } else if (content) {
      messages.push({ role: 'user', content });
      add('user', { content });
      message.value = '';
    }
    await answer(signal, toolFields);
  } });
  message.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) button.start();
  });

  // The person gives the results of open calls, or else a message.
  function askFor(open) {
    results = open;
    composer.hidden = open !== null;
    giving.hidden = open === null;
    button.label = open ? 'chat.results' : 'chat.send';
  }

  const clear = h('button', { type: 'button', class: 'button', t: 'chat.clear', on: { click: () => {
    button.stop();
    messages = [];
    askFor(null);
    log.replaceChildren();
    log.hidden = true;
    empty.hidden = false;
    usage.clear();
  } } });
  const settings = h('div', { class: 'stack' }, model, labelled('chat.system', system), sampling, tools);
  panel.append(h('div', { class: 'split' }, settings, h('div', { class: 'stack' }, empty, log, usage,
    h('div', { class: 'panel tight' }, composer, giving, h('div', { class: 'row' }, button, clear), note))));
}
