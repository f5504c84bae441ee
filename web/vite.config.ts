import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    target: 'es2024',
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    // Preloading is done by the browser from <link rel=modulepreload>; its polyfill would be dead weight.
    modulePreload: { polyfill: false },
    // Small images as data: URLs would need a hole in the Content-Security-Policy.
    assetsInlineLimit: 0,
  },
});
