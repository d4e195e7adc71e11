// How the agent becomes one file: all of its code and of its packages, to be run by the Node beside it in the image, which its first line
// names. npm nanomsg is a library in C, and stays out: the agent speaks SP by our own engine.

import { defineConfig } from 'vite'

export default defineConfig({
  envDir: false,
  publicDir: false,
  ssr: { noExternal: true, external: ['nanomsg'] },
  build: {
    ssr: 'cli/agent-main.ts',
    outDir: 'dist/agent',
    emptyOutDir: true,
    target: 'node20',
    minify: true,
    rolldownOptions: {
      output: { format: 'cjs', entryFileNames: 'agent', codeSplitting: false, banner: '#!/rollcall/node' },
    },
  },
})
