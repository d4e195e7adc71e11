// `rollcall key`: makes keys, derives from them what others may hold, shows whose they are, and lets one follow another.
// Secrets are printed by `new` and `derive` alone, where they are what was asked for; files are for their owner alone.

import { Argument, Command } from 'commander'
import type { Purpose } from '../messaging/keys/identity.ts'
import type { Key } from '../messaging/keys/key.ts'
import { formatIdentity, readPurpose } from '../messaging/keys/identity.ts'
import { createRootKey, deriveKey, formatKey, readKey } from '../messaging/keys/key.ts'
import { readKeyringFile } from '../messaging/keys/open-keyring.ts'
import { RollcallError } from '../messaging/sp/error.ts'
import { createKeyFile, replaceKeyFile } from './key/key-file.ts'
import type { RotationStep } from './key/rotate.ts'
import { nextSteps, rotate, rotationSteps } from './key/rotate.ts'
import { formatTable } from './terminal/table.ts'
import type { Terminal } from './terminal/terminal.ts'

interface OutOptions {
  readonly out?: string
}

interface SourceOptions extends OutOptions {
  readonly from?: string
}

const fromHelp = 'file of keys; default: ROLLCALL_KEY, else the file of ROLLCALL_KEYRING'

export function createKeyCommand(terminal: Terminal): Command {
  return new Command('key')
    .description('make, derive, show and rotate the keys of a fleet')
    .addCommand(createNewCommand(terminal))
    .addCommand(createDeriveCommand(terminal))
    .addCommand(createShowCommand(terminal))
    .addCommand(createRotateCommand(terminal))
    .addHelpText(
      'after',
      `
One root key is made for a fleet, or for each cluster of it. From it follow: member and call, to be one of the cluster or
to call it; roll, for daemons, to check who puts names on the roll; roll:NAME, to put that one name on the roll.

Examples:
  rollcall key new --out fleet.key
  rollcall key derive roll --from fleet.key --out daemon.key
  rollcall key derive roll:classic --from fleet.key --out classic.key
  rollcall key show fleet.key
  rollcall key rotate add fleet.key`,
    )
}

function createNewCommand(terminal: Terminal): Command {
  return new Command('new')
    .description('make a root key, and print it')
    .argument('[cluster]', 'the service that it is for; * is every name of the fleet', '*')
    .option('--out <file>', 'write it to this new file, for its owner alone, and do not print it')
    .action((cluster: string, { out }: OutOptions) => give(terminal, [createRootKey(cluster)], out))
}

function createDeriveCommand(terminal: Terminal): Command {
  return new Command('derive')
    .description('derive a key from each that is held, for who may hold no more, and print it')
    .argument('<purpose>', 'member, call, roll, or roll:NAME')
    .option('--from <file>', fromHelp)
    .option('--out <file>', 'write to this new file, for its owner alone, and do not print')
    .action((text: string, { from, out }: SourceOptions) => {
      const purpose = readDerivedPurpose(text)
      const keys = readKeys(terminal, from).map((key) => deriveKey(key, purpose))
      return give(terminal, keys, out)
    })
}

function createShowCommand(terminal: Terminal): Command {
  return new Command('show')
    .description('whose keys these are and what for; never the secrets')
    .argument('[file]', fromHelp)
    .action((file: string | undefined) => {
      const spoken = new Set<string>()
      const rows = readKeys(terminal, file).map((key) => {
        const isFirst = !spoken.has(key.cluster)
        spoken.add(key.cluster)
        return [key.cluster, key.keyId, key.purpose, isFirst ? 'speaks and listens' : 'listens']
      })
      for (const line of formatTable(['CLUSTER', 'KEY ID', 'PURPOSE', ''], rows)) terminal.print(line)
    })
}

function createRotateCommand(terminal: Terminal): Command {
  return new Command('rotate')
    .description('take a file of root keys one step further, from the old key to a new one')
    .addArgument(new Argument('<step>', 'what to do now').choices(rotationSteps))
    .argument('<file>', 'file of keys, changed in place')
    .option('--cluster <name>', 'whose key; needed where the file has several')
    .addHelpText(
      'after',
      `
Three steps, in this order. After each: bring the file to everybody who holds it, derive anew what was derived from it,
and send SIGHUP (or start again) everywhere, before the next one.
  add     a new key is listened for, and the old one speaks
  switch  the new key speaks, and the old one is listened for
  drop    the old key is gone, and what still speaks with it is closed`,
    )
    .action((step: RotationStep, file: string, { cluster }: { readonly cluster?: string }) => {
      const { cluster: rotated } = replaceKeyFile(file, (text) => rotate(text, step, cluster))
      terminal.note(`${file}: ${rotated}: ${nextSteps[step]}`)
    })
}

function readDerivedPurpose(text: string): Purpose {
  const purpose = readPurpose(text)
  if (purpose !== undefined && purpose !== 'root') return purpose
  throw new RollcallError('NAME_INVALID', 'the purpose is not one of member, call, roll, roll:NAME')
}

function readKeys({ env }: Terminal, file: string | undefined): Key[] {
  const path = file ?? (env['ROLLCALL_KEY'] ? undefined : env['ROLLCALL_KEYRING'])
  if (path) return readKeyringFile(path)
  if (env['ROLLCALL_KEY']) return [readKey(env['ROLLCALL_KEY'])]
  throw new RollcallError('KEY_INVALID', 'no key is given: name a file, or set ROLLCALL_KEY or ROLLCALL_KEYRING')
}

function give(terminal: Terminal, keys: readonly Key[], out: string | undefined): void {
  if (out === undefined) {
    for (const key of keys) terminal.print(formatKey(key))
    return
  }
  createKeyFile(out, keys.map((key) => `${formatKey(key)}\n`).join(''))
  for (const key of keys) terminal.note(`${out}: ${formatIdentity(key)}`)
}
