// One generation as a stream: a prompt to continue, or a message to answer.
import { stream } from './api.js';
import { TokenReader } from './generated_tokens.js';

const ALTERNATIVES = 5;

// Yields {tokens, text, finish, usage}; only the last ones have finish and usage. Throws what a request throws.
export async function* generate({ model, input, isChat, sampling }, signal) {
  const shared = { model, ...sampling, stream: true, stream_options: { include_usage: true } };
  const reader = new TokenReader();
  const events = isChat
    ? stream('v1/chat/completions', {
      json: { ...shared, messages: [{ role: 'user', content: input }], logprobs: true, top_logprobs: ALTERNATIVES },
      signal,
    })
    : stream('v1/completions', { json: { ...shared, prompt: input, logprobs: ALTERNATIVES }, signal });
  for await (const { choices: [choice], usage } of events) {
    const logprobs = choice?.logprobs;
    const tokens = logprobs ? (isChat ? reader.ofChat(logprobs) : reader.ofCompletion(logprobs)) : [];
    yield { tokens, text: choice?.text ?? choice?.delta?.content ?? '', finish: choice?.finish_reason ?? null, usage };
  }
}
