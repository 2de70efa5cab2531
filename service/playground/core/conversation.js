// One turn of the model in a conversation, as it is written.
import { stream } from './api.js';

// Yields the message so far {content, reasoning, calls: [{id, name, arguments}]} with the usage so far, and finish,
// which is null until the end. Throws what a request throws.
export async function* turn(request, signal) {
  const message = { content: '', reasoning: '', calls: [] };
  let finish = null;
  let usage = null;
  const json = {
    ...request, stream: true, stream_options: { include_usage: true, continuous_usage_stats: true },
  };
  for await (const event of stream('v1/chat/completions', { json, signal })) {
    const [choice] = event.choices;
    message.content += choice?.delta.content ?? '';
    message.reasoning += choice?.delta.reasoning_content ?? '';
    for (const part of choice?.delta.tool_calls ?? []) addCall(message.calls, part);
    finish = choice?.finish_reason ?? finish;
    usage = event.usage ?? usage;
    yield { message, finish, usage };
  }
}

function addCall(calls, { index, id, function: part }) {
  calls[index] ??= { id, name: part.name, arguments: '' };
  calls[index].arguments += part.arguments ?? '';
}

// The model's turn as a message of the next request.
export function asMessage({ content, calls }) {
  const toolCalls = calls.map(({ id, name, arguments: text }) => ({
    id, type: 'function', function: { name, arguments: text },
  }));
  return { role: 'assistant', content: content || null, ...(toolCalls.length && { tool_calls: toolCalls }) };
}
