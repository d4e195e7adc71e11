// The version of a package of npm that is installed here.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** `name version` */
export function packageVersion(name: string): string {
  const file = fileURLToPath(new URL(`../../../../node_modules/${name}/package.json`, import.meta.url))
  const { version }: { readonly version: string } = Object(JSON.parse(readFileSync(file, 'utf8')))
  return `${name} ${version}`
}
