// The last steps of an engine, and what they say together.
const KEPT = 150;

export class StepHistory {
  steps = [];
  preempted = 0;
  #frames = []; // {seconds, busy, tokens, steps} between two frames
  #arrived = null;

  add(steps) {
    const now = performance.now();
    const isNewEngine = steps.length && this.steps.length && steps[0].number <= this.steps.at(-1).number;
    if (isNewEngine) this.steps = [];
    this.steps = [...this.steps, ...steps].slice(-KEPT);
    this.preempted += sum(steps, (step) => step.preempted);
    if (this.#arrived !== null) {
      this.#frames.push({
        seconds: (now - this.#arrived) / 1000, busy: sum(steps, (step) => step.seconds), steps: steps.length,
        tokens: sum(steps, (step) => step.decode),
      });
      this.#frames = this.#frames.slice(-8);
    }
    this.#arrived = now;
  }

  // Over the last frames: steps and decoded tokens a second, and the seconds of a step and between two steps, which are
  // null while there are no steps.
  get rates() {
    const seconds = sum(this.#frames, (frame) => frame.seconds);
    const steps = sum(this.#frames, (frame) => frame.steps);
    const busy = sum(this.#frames, (frame) => frame.busy);
    const per = (total, count) => (count > 0 ? total / count : null);
    return {
      steps: per(steps, seconds), tokens: per(sum(this.#frames, (frame) => frame.tokens), seconds),
      step: per(busy, steps), gap: per(Math.max(0, seconds - busy), steps),
    };
  }
}

const sum = (items, value) => items.reduce((total, item) => total + value(item), 0);
