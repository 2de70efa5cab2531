// Requests to the service that this page came from.
import { serverSentEvents } from './events.js';
import { askForKey, key } from './key.js';

const BASE = new URL('.', document.baseURI); // the prefix of the service, if a proxy serves it under one

// What the service answered instead of what was asked for.
export class ApiError extends Error {
  constructor(status, { message, param, code } = {}, requestId = '') {
    super(message || `HTTP ${status}`);
    Object.assign(this, { status, param, code, requestId });
  }
}

// Sends a request; asks for a key where one is needed, and sends it again. Throws ApiError, TypeError (no connection),
// and AbortError if `signal` was aborted. `json` or `form` is the body.
export async function send(path, { method, json, form, signal } = {}) {
  for (;;) {
    const used = key();
    const headers = { accept: 'application/json' };
    if (used) headers.authorization = `Bearer ${used}`;
    if (json) headers['content-type'] = 'application/json';
    const body = json ? JSON.stringify(json) : form;
    const response = await fetch(new URL(path, BASE), {
      method: method ?? (body ? 'POST' : 'GET'), headers, body, signal, cache: 'no-store', credentials: 'omit',
    });
    if (response.ok) return response;
    const error = await failure(response);
    const isNew = response.status === 401 && key() !== used; // another request has asked meanwhile
    if (!isNew && !(response.status === 401 && (await askForKey(error.code)))) throw error;
  }
}

export const fetchJson = async (path, options) => (await send(path, options)).json();

// The events of a stream, as objects, until it ends. Throws ApiError for an event that is an error.
export async function* stream(path, options) {
  const response = await send(path, options);
  for await (const data of serverSentEvents(response.body)) {
    if (data === '[DONE]') return;
    const event = JSON.parse(data);
    if (event.error) throw new ApiError(200, event.error, response.headers.get('x-request-id'));
    yield event;
  }
}

async function failure(response) {
  let problem = {};
  try {
    problem = (await response.json()).error ?? {};
  } catch {
    // Something between the page and the service has answered.
  }
  return new ApiError(response.status, problem, response.headers.get('x-request-id') ?? '');
}
