// Answers: a span of a text, or words of the model with quotations.
import { stream } from '../core/api.js';
import { choice, h, labelled } from '../core/dom.js';
import { formatShare } from '../core/language.js';
import { confidence } from '../elements/confidence.js';
import { errorNote } from '../elements/error_note.js';
import { modelPicker } from '../elements/model_picker.js';
import { passageFields } from '../elements/passage_fields.js';
import { passageView } from '../elements/passage_view.js';
import { runButton } from '../elements/run_button.js';
import { usageLine } from '../elements/usage_line.js';

const MODES = ['extractive', 'generative'].map((each) => [each, `answer.mode.${each}`]);
const PASSAGE = 'The old bridge of Arlen was built in 1894 and painted red in 1921. Two rivers meet below it. '
  + 'Its keeper, Ada Brandt, lived in the house on the northern bank until 1952.';

export function mount(panel) {
  const model = modelPicker('answer');
  const question = h('input', { name: 'question', value: 'When was the bridge built?' });
  const passages = passageFields(PASSAGE);
  const mode = choice(MODES, { name: 'mode' });
  const most = h('input', { type: 'number', name: 'top_k', min: '1', max: '20', value: '3' });
  const note = errorNote();
  const usage = usageLine();
  const output = h('div', { class: 'stack' }, h('p', { class: 'empty', t: 'answer.empty' }));
  const form = h('div', { class: 'stack' });
  const button = runButton({ label: 'answer.run', note, form, task: async (signal) => {
    const texts = passages.texts;
    const text = h('p', { class: 'answer' });
    const view = passageView();
    output.replaceChildren(text, view);
    usage.clear();
    view.show(texts, []);
    const citations = [];
    const json = { model: model.value, question: question.value, stream: true, ...sources(texts), ...wishes(texts) };
    for await (const event of stream('v1/answer', { json, signal })) {
      text.append(event.text ?? '');
      if (event.citation) {
        citations.push(event.citation);
        view.show(texts, citations);
      }
      if (event.done) {
        usage.show({ usage: event.usage, seconds: event.timings.total_seconds, finish: event.finish_reason });
        output.replaceChildren(text, ...details(event, texts, view));
      }
    }
  } });

  const wishes = (texts) => {
    if (!texts.length) return { mode: 'generative' };
    return mode.value === 'extractive' ? { mode: mode.value, top_k: Number(most.value) || 1 } : { mode: mode.value };
  };
  form.append(model, labelled('answer.question', question), passages,
    h('div', { class: 'pair' }, labelled('answer.mode', mode), labelled('answer.most', most)),
    h('div', { class: 'row' }, button, h('span', { class: 'quiet', t: 'run.keys' })), note);
  panel.append(h('div', { class: 'split' }, form, h('div', { class: 'stack' }, usage, output)));
}

function sources(texts) {
  if (!texts.length) return {};
  return texts.length === 1
    ? { context: texts[0] } : { documents: texts.map((text, index) => ({ id: String(index + 1), text })) };
}

// What is beside the text of an answer: how sure it is, its spans to choose from, and the passages.
function details(answer, texts, view) {
  const spans = answer.mode === 'extractive' ? answer.answers : answer.citations;
  const buttons = spans.map((span, index) => h('button', {
    type: 'button', class: 'button', on: { click: () => show(index) },
  }, h('span', {}, span.text), h('span', { class: 'quiet', t: () => formatShare(span.score) })));
  const show = (current) => {
    view.show(texts, spans, current);
    buttons.forEach((each, index) => each.setAttribute('aria-pressed', String(index === current)));
  };
  show(answer.no_answer && answer.mode === 'extractive' ? -1 : 0);
  const parts = [];
  if (answer.no_answer) parts.push(h('p', { class: 'chip bad', t: 'answer.none' }));
  if (answer.score !== null) parts.push(confidence('answer.score', answer.score));
  if (answer.no_answer_probability !== null) {
    parts.push(confidence('answer.no_answer', answer.no_answer_probability, 0));
  }
  if (spans.length) {
    const key = answer.mode === 'extractive' ? 'answer.spans' : 'answer.citations';
    parts.push(h('section', { class: 'tight' }, h('h3', { t: key }),
      h('ul', { class: 'answers' }, ...buttons.map((each) => h('li', {}, each)))));
  }
  return [...parts, view];
}
