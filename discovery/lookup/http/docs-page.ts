// The page at /docs: the routes as /openapi.json has them, in plain HTML for people. It has no script, and asks no host for anything more.

import { createHash } from 'node:crypto'
import { problemMeanings } from '../problem.ts'
import type { AddedRoute } from './openapi.ts'
import { toJsonSchema } from './openapi.ts'
import { statusOf } from './respond.ts'
import type { SchemaField } from './schema-fields.ts'
import { listFields } from './schema-fields.ts'

const style = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#f6f8fa, #151b23); --dim: light-dark(#59636e, #9198a1) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere }
section { border: 1px solid var(--line); border-radius: 8px; padding: 0 1rem 1rem; margin: 1rem 0 }
h3 { background: var(--soft); margin: 0 -1rem; padding: 0.6rem 1rem; border-radius: 8px 8px 0 0 }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid var(--line) }
summary { cursor: pointer; padding: 0.5rem 0 }
.dim { color: var(--dim) }
`

/** Nothing but the page itself and its own style. */
export const docsPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** HTML that may stand in HTML as it is. */
interface Html {
  readonly html: string
}

type Piece = string | Html | readonly Piece[]

/** A template whose pieces are escaped, unless they are HTML by a template of their own. */
function markup(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return { html: texts.map((text, at) => text + write(pieces[at] ?? '')).join('') }
}

function write(piece: Piece): string {
  if (typeof piece === 'string') return escape(piece)
  return 'html' in piece ? piece.html : piece.map(write).join('')
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character)
}

export function writeDocsPage(routes: readonly AddedRoute[], version: string): string {
  const chapters = [...new Set(routes.map(({ about }) => about.chapter))]
  return markup`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rollcall over HTTP</title>
<style>${{ html: style }}</style>
<h1>Rollcall ${version} over HTTP</h1>
<p>For programs the same is in <a href="/openapi.json">openapi.json</a>. Every refusal is
<code>{"code", "message"}</code>. Nothing here changes the roll.</p>
${chapters.map((chapter) => {
  const inChapter = routes.filter(({ about }) => about.chapter === chapter)
  return markup`<h2>${chapter}</h2>\n${inChapter.map(writeRoute)}`
})}</html>
`.html
}

function writeRoute({ path, about }: AddedRoute): Html {
  const { summary, description = '', query, answer, problems = [] } = about
  const parameters = query ? listFields(toJsonSchema(query)) : []
  const fields = answer.schema ? listFields(toJsonSchema(answer.schema)) : []
  return markup`<section>
<h3><code>GET ${path.includes(':') ? path : markup`<a href="${path}">${path}</a>`}</code></h3>
<p>${summary}</p>
${description === '' ? '' : markup`<p class="dim">${description}</p>`}
${parameters.length === 0 ? '' : markup`<h4>Parameters</h4>${writeFields(parameters)}`}
<h4>Answers</h4>
<table>
<tr><td><code>200</code><td><code>${answer.contentType ?? 'application/json'}</code><td>${answer.description}
${problems.map((code) => markup`<tr><td><code>${String(statusOf[code])}</code><td><code>${code}</code><td>${problemMeanings[code]}\n`)}</table>
${fields.length === 0 ? '' : markup`<details><summary>Fields of the answer</summary>${writeFields(fields)}</details>`}
</section>
`
}

function writeFields(fields: readonly SchemaField[]): Html {
  const rows = fields.map(
    ({ path, type, isOptional, description }) =>
      markup`<tr><td><code>${path}</code>${isOptional ? ' (optional)' : ''}<td>${type}<td>${description}\n`,
  )
  return markup`<table>${rows}</table>`
}
