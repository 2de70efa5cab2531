// The tokens of a stream of OpenAI's routes, in one form: {text, isPart, logprob, top: [{text, logprob}]}.
//
// A token may be a part of a character. Its bytes wait for the rest, and the last part shows the character.
const BYTES = /^bytes:((?:\\x[0-9a-f]{2})+)$/;

export class TokenReader {
  #pending = [];

  // Tokens of /v1/completions, which names parts of characters by their bytes.
  ofCompletion({ tokens, token_logprobs: logprobs, top_logprobs: tops }) {
    return tokens.map((name, index) => ({
      ...this.#shown(bytesOf(name), name),
      logprob: logprobs[index],
      top: Object.entries(tops[index] ?? {}).map(([text, logprob]) => ({ text: readable(text), logprob })),
    }));
  }

  // Tokens of /v1/chat/completions, which gives the bytes of each.
  ofChat({ content }) {
    return content.map(({ token, bytes, logprob, top_logprobs: top }) => ({
      ...this.#shown(token.includes('\ufffd') ? bytes : null, token),
      logprob,
      top: top.map((each) => ({ text: each.token, logprob: each.logprob })),
    }));
  }

  #shown(bytes, text) {
    if (bytes === null) {
      this.#pending = [];
      return { text, isPart: false };
    }
    this.#pending.push(...bytes);
    try {
      const whole = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(this.#pending));
      this.#pending = [];
      return { text: whole, isPart: false };
    } catch {
      return { text: '', isPart: true };
    }
  }
}

function bytesOf(name) {
  const found = BYTES.exec(name);
  return found && found[1].match(/[0-9a-f]{2}/g).map((digits) => parseInt(digits, 16));
}

const readable = (name) => name.replace(BYTES, (_, digits) => `⟨${digits.replaceAll('\\x', ' ').trim()}⟩`);
