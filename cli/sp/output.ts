// How `rollcall sp` prints a message: raw as it is; ascii with a dot for what cannot be seen; quoted and hex as C strings; msgpack as one
// binary string of MessagePack each; json as one object a line, with where it came from; no: not at all.

import { isUtf8 } from 'node:buffer'

import type { Pipe } from '../../messaging/sp/engine.ts'
import { formatHostPort } from '../../messaging/sp/address.ts'

export const outputFormats = ['raw', 'ascii', 'quoted', 'hex', 'msgpack', 'json', 'no'] as const

export type OutputFormat = (typeof outputFormats)[number]

/** The bytes to write, the end of the line included where the format has lines. */
export function formatMessage(format: OutputFormat, body: Buffer, pipe: Pipe | undefined): Uint8Array | string {
  return formatters[format](body, pipe)
}

const formatters: Readonly<Record<OutputFormat, (body: Buffer, pipe: Pipe | undefined) => Uint8Array | string>> =
  Object.freeze({
    raw: (body) => body,
    ascii: (body) => `${body.toString('latin1').replace(/[^\x20-\x7e]/g, '.')}\n`,
    quoted: (body) => `"${escapeBytes(body)}"\n`,
    hex: (body) => `"${body.toString('hex').replace(/../g, String.raw`\x$&`)}"\n`,
    msgpack: (body) => Buffer.concat([formatMsgpackHead(body.length), body]),
    json: (body, pipe) => `${JSON.stringify(describeMessage(body, pipe))}\n`,
    no: () => '',
  })

function describeMessage(body: Buffer, pipe: Pipe | undefined): object {
  const from = pipe?.remote ? formatHostPort(pipe.remote) : null
  const by = pipe?.identity === undefined ? {} : { identity: pipe.identity }
  const content = isUtf8(body) ? { body: body.toString() } : { bodyBase64: body.toString('base64') }
  return { from, ...by, bytes: body.length, ...content }
}

const named: Readonly<Record<string, string>> = Object.freeze({
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
  '"': String.raw`\"`,
  '\\': '\\\\',
})

function escapeBytes(body: Buffer): string {
  return body
    .toString('latin1')
    .replace(/[^\x20-\x7e]|["\\]/g, (byte) => named[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** bin 8, bin 16 and bin 32 of the MessagePack specification. */
function formatMsgpackHead(bytes: number): Buffer {
  if (bytes < 0x100) return Buffer.from([0xc4, bytes])
  if (bytes < 0x1_0000) return Buffer.from([0xc5, bytes >> 8, bytes & 0xff])
  const head = Buffer.alloc(5, 0xc6)
  head.writeUInt32BE(bytes, 1)
  return head
}
