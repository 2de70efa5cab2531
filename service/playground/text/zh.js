// All texts of the page in Chinese.
import { frame } from './zh_frame.js';
import { insight } from './zh_insight.js';
import { tasks } from './zh_tasks.js';

export const zh = { ...frame, ...tasks, ...insight };
