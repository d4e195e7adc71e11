// How the page is built: into dist/page, every asset a file of its own with a hash in its name, nothing inline and nothing from
// elsewhere, as the policy that it is served with demands (discovery/lookup/http/page.ts).

import { defineConfig } from 'vite'

export default defineConfig({
  // Of the page, and of nobody's home or environment.
  envDir: false,
  publicDir: false,
  build: {
    outDir: '../../dist/page',
    emptyOutDir: true,
    // Browsers that know light-dark() and nesting in CSS: what has been there since the spring of 2024.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
  },
})
