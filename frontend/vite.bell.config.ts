import { defineConfig } from 'vite';
import { browsers } from './scripts/browsers.ts';
import { warningsAreErrors } from './scripts/warnings.ts';

// A classic script, not a module: one tag loads it from another origin without CORS headers.
export default defineConfig({
  base: '/static/',
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    target: browsers,
    cssTarget: browsers,
    emptyOutDir: false,
    lib: { entry: 'src/bell/index.ts', formats: ['iife'], name: 'PortalBell', fileName: () => 'bell.js' },
    rolldownOptions: { onLog: warningsAreErrors },
  },
});
