// `rollcall services [NAME]`: the names on the roll, or every instance of one name with what is known of it.
// Shows what a daemon says; judges nothing.

import { Command } from 'commander'
import { z } from 'zod'
import type { DaemonReply } from './asking/daemon-client.ts'
import { askDaemons, createDaemonOption, readDaemonUrls, readProblem } from './asking/daemon-client.ts'
import { formatDuration } from './terminal/duration.ts'
import { exitCodes } from './terminal/exit-code.ts'
import { exitCodeOfRefusal, readName, readReply } from './asking/lookup.ts'
import { formatTable } from './terminal/table.ts'
import type { Terminal } from './terminal/terminal.ts'
import { printable } from './terminal/terminal.ts'

interface ServicesOptions {
  readonly daemon?: string
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
    .option('--json', "print the daemon's own JSON: GET /services, or GET /services/NAME")
    .addHelpText(
      'after',
      `
Examples:
  rollcall services
  rollcall services answer
  rollcall services answer --json | jq -r '.instances[].address'`,
    )
    .action(async (name: string | undefined, options: ServicesOptions) => {
      const urls = readDaemonUrls(options.daemon, terminal.env)
      const path = name === undefined ? '/services' : `/services/${encodeURIComponent(readName(name))}`
      const reply = await askDaemons(urls, path)
      if (reply.status !== 200) {
        const problem = readProblem(reply)
        terminal.note(`rollcall: ${printable(problem.message)}`)
        return terminal.finish(exitCodeOfRefusal({ ...problem, status: reply.status }))
      }
      if (options.json) terminal.print(JSON.stringify(reply.body))
      else if (name === undefined) printNames(terminal, reply)
      else printInstances(terminal, reply)
      return terminal.finish(exitCodes.ok)
    })
}

function printNames(terminal: Terminal, reply: DaemonReply): void {
  const { services, isComplete } = readReply(namesSchema, reply.body, reply.url)
  if (services.length === 0) terminal.note('nobody is on the roll')
  else {
    const rows = services.map(({ service, instances, alive, suspect }) => [
      printable(service),
      String(instances),
      String(alive),
      suspect === 0 ? '0' : terminal.paint('yellow', String(suspect)),
    ])
    for (const line of formatTable(['SERVICE', 'INSTANCES', 'ALIVE', 'SUSPECT'], rows)) terminal.print(line)
  }
  noteDoubts(terminal, reply, isComplete)
}

function printInstances(terminal: Terminal, reply: DaemonReply): void {
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
    printable(instance.zone) || '-',
    printable(instance.version) || '-',
    `${formatDuration(instance.lastAnswerAgeMs)} ago`,
    formatDuration(instance.roundTripMs),
    String(instance.misses),
    notesOn(instance).join(', '),
  ])
  for (const line of formatTable(headings, rows)) terminal.print(line)
  noteDoubts(terminal, reply, isComplete)
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
function noteDoubts(terminal: Terminal, reply: DaemonReply, isComplete: boolean): void {
  if (!isComplete) terminal.note('the daemon is still warming up: more may be here than it knows of')
  if (reply.isFrozen)
    terminal.note('removals are frozen: so many fell silent at once that the daemon blames itself first')
}
