import { defineConfig } from 'vitest/config';
import { browsers } from './scripts/browsers.ts';
import { warningsAreErrors } from './scripts/warnings.ts';

const api = 'http://127.0.0.1:3000';

export default defineConfig({
  base: '/static/',
  build: {
    target: browsers,
    cssTarget: browsers,
    // Inlined scripts, styles or `data:` fonts would need a looser Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { onLog: warningsAreErrors },
  },
  server: { proxy: { '/api': api } },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
