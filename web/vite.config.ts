import { defineConfig } from 'vite'

export default defineConfig({
  base: '/',
  // What is built hangs on the sources only, not on .env files or variables of whoever builds.
  envDir: false,
  build: {
    emptyOutDir: true,
    target: 'es2023',
    // The page is served with a policy that allows its own files only: nothing inlined, no preload shim.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
})
