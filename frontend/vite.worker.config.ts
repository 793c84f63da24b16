import { defineConfig } from 'vite';
import { browsers } from './scripts/browsers.ts';
import { warningsAreErrors } from './scripts/warnings.ts';

// A classic script too: not every browser served has service workers that are modules.
export default defineConfig({
  publicDir: false,
  build: {
    target: browsers,
    emptyOutDir: false,
    lib: { entry: 'src/push/worker.ts', formats: ['iife'], name: 'PortalPush', fileName: () => 'sw.js' },
    rolldownOptions: { onLog: warningsAreErrors },
  },
});
