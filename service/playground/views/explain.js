// How likely a model finds each token of a text, and which tokens before one make it likely.
import { fetchJson } from '../core/api.js';
import { slicer } from '../core/characters.js';
import { h, labelled } from '../core/dom.js';
import { attributionBars } from '../elements/attribution_bars.js';
import { errorNote } from '../elements/error_note.js';
import { modelPicker } from '../elements/model_picker.js';
import { runButton } from '../elements/run_button.js';
import { surpriseLegend } from '../elements/surprise_legend.js';
import { tokenText } from '../elements/token_text.js';
import { usageLine } from '../elements/usage_line.js';

export function mount(panel) {
  const model = modelPicker('generate');
  const text = h('textarea', { rows: 6, name: 'explained' });
  text.value = 'Arlen has an old bridge. It was built in 1894. The bridge was built in 1894';
  const note = errorNote();
  const usage = usageLine();
  const tokens = tokenText();
  const bars = attributionBars();
  const form = h('div', { class: 'stack' });
  let explained = null; // {model, text} whose tokens are shown, and their `names`
  let token = null; // the index of the token whose cause is asked for

  const button = runButton({ label: 'explain.run', note, form, task: async (signal) => {
    const asked = token === null ? { model: model.value, text: text.value } : explained;
    const json = { model: asked.model, text: asked.text, ...(token !== null && { token }) };
    const asksForCause = token;
    token = null;
    const answer = await fetchJson('v1/explain', { json, signal });
    usage.show({ usage: answer.usage, seconds: answer.timings.total_seconds });
    if (asksForCause === null) show(asked, answer);
    else bars.show(answer.attribution, explained.names, tokens.list.children);
  } });

  function show(asked, answer) {
    const slice = slicer(asked.text);
    explained = { ...asked, names: answer.tokens.map((each) => slice(each.start, each.end) || each.token) };
    tokens.clear();
    bars.clear();
    tokens.add(answer.tokens.map((each) => ({
      text: slice(each.start, each.end), isPart: each.start === each.end, logprob: each.logprob,
      top: each.top.map((other) => ({ text: other.token, logprob: other.logprob })),
    })));
  }

  tokens.addEventListener('choose', ({ detail }) => {
    if (detail === 0) return; // nothing is before the first one
    token = detail;
    button.restart();
  });
  form.append(model, labelled('explain.text', text),
    h('div', { class: 'row' }, button, h('span', { class: 'quiet', t: 'run.keys' })), note,
    h('p', { class: 'quiet', t: 'explain.about' }));
  panel.append(h('div', { class: 'split' }, form, h('div', { class: 'stack' }, surpriseLegend(), usage,
    h('div', { class: 'columns wide' }, h('div', { class: 'panel coloured' }, tokens),
      h('div', { class: 'panel' }, bars)))));
}
