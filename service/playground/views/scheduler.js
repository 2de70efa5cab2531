// The live view: what the engine of a model does now. Nothing is sent for it while nobody looks.
import { send, stream } from '../core/api.js';
import { h } from '../core/dom.js';
import { blockMap } from '../scheduler/block_map.js';
import { engineFacts } from '../scheduler/engine_facts.js';
import { sequenceBars } from '../scheduler/sequence_bars.js';
import { stepChart } from '../scheduler/step_chart.js';
import { StepHistory } from '../scheduler/step_history.js';
import { errorNote } from '../elements/error_note.js';
import { modelPicker } from '../elements/model_picker.js';
import { runButton } from '../elements/run_button.js';

const PROMPTS = 6;

export function mount(panel) {
  const model = modelPicker('generate');
  const note = errorNote();
  const [facts, bars, blocks, steps] = [engineFacts(), sequenceBars(), blockMap(), stepChart()];
  let isShown = false;
  let isWished = true; // until the person stops it

  const watch = runButton({ label: 'scheduler.watch', stopLabel: 'scheduler.unwatch', note, task: async (signal) => {
    const history = new StepHistory();
    const query = new URLSearchParams(model.value ? { model: model.value } : {});
    for await (const frame of stream(`v1/statistics?${query}`, { signal })) {
      history.add(frame.steps);
      facts.show(frame, history);
      bars.show(frame);
      steps.show(history);
      if (frame.blocks) blocks.show(frame.blocks);
    }
  } });
  const load = runButton({ label: 'scheduler.load', stopLabel: 'scheduler.unload', note, task: async (signal) => {
    // One request: a browser has few connections to a host.
    const prompts = Array.from({ length: PROMPTS }, (_, index) => `Write about the number ${index + 1}. `);
    const prompt = prompts.map((text, index) => text.repeat(1 + 4 * index));
    const json = { model: model.value, prompt, max_tokens: 200, temperature: 1, ignore_eos: true };
    await send('v1/completions', { json, signal });
  } });

  function look() {
    const isLooked = isShown && !document.hidden;
    if (isLooked && isWished) watch.start();
    else if (!isLooked) watch.stop();
  }

  watch.addEventListener('click', () => {
    isWished = watch.isRunning;
  });
  model.addEventListener('input', () => isWished && watch.restart());
  document.addEventListener('visibilitychange', look);
  panel.append(h('div', { class: 'stack' },
    h('div', { class: 'row' }, model, watch, load, h('span', { class: 'quiet', t: 'scheduler.cost' })), note,
    h('div', { class: 'panel' }, facts), h('div', { class: 'columns wide' }, steps, blocks), bars));
  return {
    shown() {
      isShown = true;
      look();
    },
    hidden() {
      isShown = false;
      look();
    },
  };
}
