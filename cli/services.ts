// `rollcall services [NAME]`: the names on the roll, or every instance of one name with what is known of it.
// Shows what a daemon says; judges nothing.

import { Command } from 'commander'
import { z } from 'zod'
import type { DaemonReply } from './asking/daemon-client.ts'
import { askDaemons, createDaemonOption, readDaemonUrls } from './asking/daemon-client.ts'
import { formatDuration } from './terminal/duration.ts'
import { exitCodes } from './terminal/exit-code.ts'
import { readName, readReply } from './asking/lookup.ts'
import { createRefusedView, sourceOf } from './asking/reply-view.ts'
import { formatSparseTable, formatTable } from './terminal/table.ts'
import type { Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'
import type { View } from './terminal/view.ts'
import { showLive, showOnce } from './terminal/view.ts'

interface ServicesOptions {
  readonly daemon?: string
  readonly watch?: true
  readonly json?: true
}

const namesSchema = z.looseObject({
  isComplete: z.boolean(),
  services: z.array(
    z.looseObject({ service: z.string(), instances: z.number(), alive: z.number(), suspect: z.number() }),
  ),
})

const instanceSchema = z.looseObject({
  id: z.string(),
  address: z.string(),
  zone: z.string(),
  version: z.string(),
  status: z.string(),
  by: z.string().nullable(),
  state: z.enum(['alive', 'suspect']),
  detached: z.boolean(),
  unsure: z.boolean(),
  conflict: z.boolean(),
  misses: z.number(),
  roundTripMs: z.number(),
  lastAnswerAgeMs: z.number(),
})

const instancesSchema = z.looseObject({ isComplete: z.boolean(), instances: z.array(instanceSchema) })

type InstanceReply = z.infer<typeof instanceSchema>

export function createServicesCommand(terminal: Terminal): Command {
  return new Command('services')
    .description('list the services on the roll, or the instances of one')
    .argument('[name]', 'service whose instances to list')
    .addOption(createDaemonOption())
    .option('--watch', 'look again every second, until interrupted: in place on a terminal')
    .option('--json', "print the daemon's own JSON: GET /services, or GET /services/NAME")
    .addHelpText(
      'after',
      `
Examples:
  rollcall services
  rollcall services answer --watch
  rollcall services answer --json | jq -r '.instances[].address'`,
    )
    .action(async (name: string | undefined, options: ServicesOptions) => {
      const urls = readDaemonUrls(options.daemon, terminal.env)
      const path = name === undefined ? '/services' : `/services/${encodeURIComponent(readName(name))}`
      const look = async (signal?: AbortSignal): Promise<View> =>
        createView(terminal, await askDaemons(urls, path, { env: terminal.env, ...(signal && { signal }) }), name)
      const json = options.json === true
      if (options.watch) await showLive(terminal, look, { title: ['rollcall services', name ?? ''].join(' '), json })
      else showOnce(terminal, await look(), { json })
    })
}

function createView(terminal: Terminal, reply: DaemonReply, name: string | undefined): View {
  if (reply.status !== 200) return createRefusedView(reply)
  const { lines, isComplete } = name === undefined ? listNames(terminal, reply) : listInstances(terminal, reply)
  const nobody = lines.length === 0 ? ['nobody is on the roll'] : []
  const notes = [...nobody, ...doubtsOf(reply, isComplete)]
  return { lines, notes, json: [reply.body], code: exitCodes.ok, source: sourceOf(reply) }
}

interface Listing {
  readonly lines: readonly string[]
  readonly isComplete: boolean
}

function listNames(terminal: Terminal, reply: DaemonReply): Listing {
  const { services, isComplete } = readReply(namesSchema, reply.body, reply.url)
  if (services.length === 0) return { lines: [], isComplete }
  const rows = services.map(({ service, instances, alive, suspect }) => [
    printable(service),
    String(instances),
    String(alive),
    suspect === 0 ? '0' : terminal.paint('yellow', String(suspect)),
  ])
  return { lines: formatTable(['SERVICE', 'INSTANCES', 'ALIVE', 'SUSPECT'], rows), isComplete }
}

function listInstances(terminal: Terminal, reply: DaemonReply): Listing {
  const { instances, isComplete } = readReply(instancesSchema, reply.body, reply.url)
  const headings = [
    'INSTANCE',
    'ADDRESS',
    'STATE',
    'STATUS',
    'ZONE',
    'VERSION',
    'LAST ANSWER',
    'RTT',
    'MISSES',
    'NOTES',
  ]
  const rows = instances.map((instance) => [
    printable(instance.id),
    printable(instance.address),
    terminal.paint(instance.state === 'alive' ? 'green' : 'yellow', instance.state),
    instance.status === 'passing' ? instance.status : terminal.paint('yellow', printable(instance.status)),
    printable(instance.zone),
    printable(instance.version),
    `${formatDuration(instance.lastAnswerAgeMs)} ago`,
    formatDuration(instance.roundTripMs),
    String(instance.misses),
    notesOn(instance).join(', '),
  ])
  return { lines: formatSparseTable(headings, rows), isComplete }
}

function notesOn(instance: InstanceReply): string[] {
  const notes: string[] = []
  if (instance.by !== null) notes.push(`answered for by ${printable(instance.by)}`)
  if (instance.detached) notes.push('disconnected')
  if (instance.conflict) notes.push('two processes claim this id')
  if (instance.unsure) notes.push('others may not reach this address')
  return notes
}

/** What makes a list worth less than it looks. */
function doubtsOf(reply: DaemonReply, isComplete: boolean): string[] {
  const doubts: string[] = []
  if (!isComplete) doubts.push('the daemon is still warming up: more may be here than it knows of')
  if (reply.isFrozen)
    doubts.push('removals are frozen: so many fell silent at once that the daemon blames itself first')
  return doubts
}
