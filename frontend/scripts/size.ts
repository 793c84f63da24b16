import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const limit = 20 * 1024;
const file = new URL('../dist/bell.js', import.meta.url);
const size = gzipSync(readFileSync(file), { level: 9 }).length;
const summary = `bell.js: ${(size / 1024).toFixed(1)} KiB gzipped of ${limit / 1024} KiB`;
if (size > limit) {
  console.error(`${summary}: too large`);
  process.exit(1);
}
console.log(summary);
