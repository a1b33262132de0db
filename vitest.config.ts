import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: {
      '@doable/engine/adapter': fileURLToPath(new URL('./packages/engine/src/data/adapter.ts', import.meta.url)),
      '@doable/engine/present': fileURLToPath(new URL('./packages/engine/src/present/present.ts', import.meta.url)),
      '@doable/engine/tasks': fileURLToPath(new URL('./packages/engine/src/tasks.ts', import.meta.url)),
      '@doable/engine/tensor': fileURLToPath(new URL('./packages/engine/src/tensor/tensor.ts', import.meta.url)),
      '@doable/engine': fileURLToPath(new URL('./packages/engine/src/index.ts', import.meta.url)),
    },
  },
  test: {
    globalSetup: ['packages/doable/test/command/build.ts'],
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    // Only what hangs should run into these: ten times what the longest test takes on a free core.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
