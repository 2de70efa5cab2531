// All texts of the page in English.
import { frame } from './en_frame.js';
import { insight } from './en_insight.js';
import { tasks } from './en_tasks.js';

export const en = { ...frame, ...tasks, ...insight };
