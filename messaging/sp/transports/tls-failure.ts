// Why a TLS handshake came to nothing, in the words that are counted and logged, from what OpenSSL and Node say of it.

import { errorCode } from './stream-transport.ts'

const listenReasons: Readonly<Record<string, string>> = Object.freeze({
  ERR_SSL_BINDER_DOES_NOT_VERIFY: 'wrong-key',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake-timeout',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls-version',
  // What a recorded connection comes to: its proof was made for another handshake.
  ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC: 'bad-record',
  ECONNRESET: 'closed-in-handshake',
  EPIPE: 'closed-in-handshake',
})

/** Bytes that are no TLS record: a peer that speaks plain SP, HTTP, or anything. */
const notTls: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_HTTPS_PROXY_REQUEST',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_BAD_RECORD_TYPE',
  'ERR_SSL_UNEXPECTED_MESSAGE',
  'ERR_SSL_RECORD_TOO_SMALL',
])

/** `isWithoutKey`: keys are taken here and none was offered. */
export function listenFailure(error: Error, isWithoutKey: boolean): string {
  const code = errorCode(error) ?? ''
  if (notTls.has(code)) return 'not-tls'
  // What is left to a listener without certificates, once the keys are through.
  if (isWithoutKey && /SIGNATURE_ALGORITHM|NO_SHARED_CIPHER/.test(code)) return 'no-key'
  return listenReasons[code] ?? (/CERT|CA\b|SIGNATURE|ISSUER/.test(code) ? 'bad-certificate' : 'tls-failed')
}

/** Undefined: nobody was reached. */
export function dialFailure(error: Error): string | undefined {
  if (error.name === 'HandshakeRefused') return error.message
  const code = errorCode(error) ?? ''
  if (notTls.has(code)) return 'not-tls'
  // The listener says no more than that: which key is wrong is nobody's business.
  if (/^ERR_SSL_.*ALERT/.test(code)) return 'refused-by-peer'
  if (/CERT|ISSUER|SIGNATURE|UNABLE_TO/.test(code)) return 'bad-certificate'
  if (code === 'ECONNRESET') return 'closed-in-handshake'
  return code.startsWith('ERR_SSL_') ? 'tls-failed' : undefined
}
