// The served models, fetched once and again when somebody wants to know their state.
import { fetchJson } from './api.js';

let models = null;

// All models: {id, capabilities, state, ...}. Throws what a request throws.
export function servedModels({ again = false } = {}) {
  if (again || models === null) {
    const list = fetchJson('v1/models').then((answer) => answer.data);
    models = list;
    list.catch(() => {
      if (models === list) models = null;
    });
  }
  return models;
}

document.addEventListener('keychange', () => {
  models = null; // another key may see what this one did not
});

export const modelsFor = async (capability, options) =>
  (await servedModels(options)).filter((model) => model.capabilities.includes(capability));
