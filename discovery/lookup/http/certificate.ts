// The certificate that HTTP shows, from two files that are read at the start and again when they are told to have changed. Promises an error that
// names the variable and the file; a pair that cannot be read again leaves the one in use as it is.

import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { RollcallError } from '../../../messaging/sp/error.ts'

export interface CertificateFiles {
  /** HTTP_TLS_CERT: PEM, the own certificate first, then those between it and the authority. */
  readonly certPath?: string | undefined
  /** HTTP_TLS_KEY: PEM. */
  readonly keyPath?: string | undefined
}

export interface KeyPair {
  readonly cert: string
  readonly key: string
}

/** As much of a pino logger as is needed. */
export interface CertificateLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface Certificate {
  readonly pair: KeyPair
  /** Reads the files once more; false, with a warning, where that failed and the pair in use stays. */
  reread(): boolean
  /** Tells of every pair that is taken instead. */
  onChange(listener: (pair: KeyPair) => void): void
}

/** Undefined where no file is named: HTTP is plain then. Fails with `ENVIRONMENT_INVALID`. */
export function openCertificate(files: CertificateFiles, log?: CertificateLog): Certificate | undefined {
  const { certPath, keyPath } = files
  if (certPath === undefined && keyPath === undefined) return undefined
  if (certPath === undefined || keyPath === undefined) {
    const [set, missing] =
      certPath === undefined ? ['HTTP_TLS_KEY', 'HTTP_TLS_CERT'] : ['HTTP_TLS_CERT', 'HTTP_TLS_KEY']
    throw new RollcallError(
      'ENVIRONMENT_INVALID',
      `${set} is set without ${missing}: set both, or neither for plain HTTP`,
    )
  }
  let pair = readPair(certPath, keyPath)
  const listeners: ((pair: KeyPair) => void)[] = []
  return {
    get pair() {
      return pair
    },
    reread() {
      try {
        pair = readPair(certPath, keyPath)
      } catch (error) {
        log?.warn({ certPath, keyPath, err: error }, 'certificate not read again: the one in use stays')
        return false
      }
      for (const listener of listeners) listener(pair)
      log?.info({ certPath, keyPath }, 'certificate read again')
      return true
    },
    onChange: (listener) => void listeners.push(listener),
  }
}

function readPair(certPath: string, keyPath: string): KeyPair {
  const cert = readPem('HTTP_TLS_CERT', certPath)
  const key = readPem('HTTP_TLS_KEY', keyPath)
  check(`HTTP_TLS_CERT: ${certPath} is not a certificate in PEM form`, { cert })
  check(`HTTP_TLS_KEY: ${keyPath} is not a private key in PEM form without a passphrase`, { key })
  check(`HTTP_TLS_KEY: ${keyPath} is not the key of the certificate in ${certPath}`, { cert, key })
  return { cert, key }
}

function readPem(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RollcallError('ENVIRONMENT_INVALID', `${variable}: the file cannot be read: ${reason}`, { cause })
  }
}

function check(message: string, pair: Partial<KeyPair>): void {
  try {
    createSecureContext(pair)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new RollcallError('ENVIRONMENT_INVALID', `${message} (${reason})`, { cause })
  }
}
