// The pace of a stream as this page sees it: the time to the first token, and tokens a second after it.
export class Pace {
  #started = performance.now();
  #first = null;
  #last = null;
  tokens = 0;

  add(count) {
    if (!count) return;
    this.#last = performance.now();
    this.#first ??= this.#last;
    this.tokens += count;
  }

  // Seconds, or null before the first token.
  get firstSeconds() {
    return this.#first === null ? null : (this.#first - this.#started) / 1000;
  }

  // Tokens a second, or null where there are too few.
  get perSecond() {
    return this.tokens > 1 && this.#last > this.#first ? ((this.tokens - 1) * 1000) / (this.#last - this.#first) : null;
  }
}
