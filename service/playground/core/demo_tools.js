// The tools of the example, and what the page computes for the model by itself.
import { calculate } from './calculator.js';

const tool = (name, description, property, about) => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: {
      type: 'object',
      properties: { [property]: { type: 'string', description: about } },
      required: [property],
      additionalProperties: false,
    },
  },
});

export const EXAMPLE_TOOLS = [
  tool('calculator', 'Computes an arithmetic expression.', 'expression', 'Such as 17 * 23'),
  tool('get_weather', 'The weather in a city now.', 'city', 'Such as Oslo'),
];

// The result of a call that the page can compute, or an empty text: then the person writes it.
export function resultOf({ name, arguments: text }) {
  if (name !== 'calculator') return '';
  try {
    return String(calculate(String(JSON.parse(text).expression)));
  } catch (error) {
    return `Error: ${error.message}`;
  }
}
