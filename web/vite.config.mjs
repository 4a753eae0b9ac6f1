// The page is built into dist/: index.html, one script, one style sheet, two fonts, and chunks that load when they are needed.
import { defineConfig } from 'vite';

/** Asks for the text face while the script still loads; its hashed name is known only after the bundle is made. */
function preload_font() {
  return {
    name: 'preload-font',
    transformIndexHtml: {
      order: 'post',
      handler(_html, context) {
        const font = Object.keys(context.bundle ?? {}).find((name) => name.includes('inter-latin-wght-normal'));
        return font ? [{ tag: 'link', attrs: { rel: 'preload', href: `/${font}`, as: 'font', type: 'font/woff2', crossorigin: true } }] : [];
      },
    },
  };
}

const program = process.env.DARKROOM_URL ?? 'http://127.0.0.1:7860';

export default defineConfig({
  plugins: [preload_font()],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  server: { proxy: { '/api': program } },
  build: {
    target: 'es2021',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 400,
  },
});
