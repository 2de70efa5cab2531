// How surprising a token is: its probability in four classes.
export const SURPRISES = [
  { least: 0.5, key: 'surprise.0' },
  { least: 0.2, key: 'surprise.1' },
  { least: 0.05, key: 'surprise.2' },
  { least: 0, key: 'surprise.3' },
];

export const surpriseOf = (logprob) => SURPRISES.findIndex(({ least }) => Math.exp(logprob) >= least);
