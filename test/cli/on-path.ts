// The built program under its own name on a path, as it is after an installation: what a shell that completes it starts.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Test } from 'tap'
import { programPath } from './run-cli.ts'

export interface Installed {
  /** Its folder, which is removed with the test; HOME of those who start it. */
  readonly folder: string
  readonly env: { readonly PATH: string; readonly HOME: string }
}

export function installOnPath(t: Test): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-on-path-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const program = join(folder, 'rollcall')
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${programPath}" "$@"\n`)
  chmodSync(program, 0o755)
  return { folder, env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder } }
}
