// `rollcall demo`: a daemon and a fleet of sample services as processes on this machine, without Docker. Shows the roll
// live while instances are killed, stopped and started. Everything it started ends with it.

import { setTimeout as sleep } from 'node:timers/promises'

import { Command, InvalidArgumentError } from 'commander'
import type { Daemon } from '../discovery/daemon.ts'
import { openDaemon } from '../discovery/daemon.ts'
import { RollcallError } from '../messaging/sp/error.ts'
import type { Fleet, SampleService } from './demo/fleet.ts'
import { createFleet } from './demo/fleet.ts'
import type { Show } from './demo/show.ts'
import { openBoardShow, openLineShow } from './demo/show.ts'
import type { Act } from './demo/story.ts'
import { openDeadline } from './asking/deadline.ts'
import { readDurationMs } from './terminal/duration.ts'
import { exitCodes } from './terminal/exit-code.ts'
import { ensurePortIsFree } from './demo/port.ts'
import type { Terminal } from './terminal/terminal.ts'
import { readVersion } from './version.ts'

interface DemoOptions {
  readonly port: number
  readonly httpPort: number
  readonly pace: number
  readonly duration?: number
}

const firstFleet: readonly SampleService[] = ['answer', 'answer', 'answer', 'web', 'web']

/** One after the other, again and again: the fleet stays as large as it began. */
const acts: readonly (readonly [Act, SampleService])[] = [
  ['killed', 'answer'],
  ['started', 'answer'],
  ['stopped', 'web'],
  ['started', 'web'],
]

export function createDemoCommand(terminal: Terminal): Command {
  return new Command('demo')
    .description('start a daemon and a fleet as local processes, without Docker, and show the roll live')
    .option('--port <port>', 'SP port of the daemon', readPort, 5555)
    .option('--http-port <port>', 'HTTP port of the daemon', readPort, 8500)
    .option('--pace <duration>', 'time between one thing happening to the fleet and the next', readDurationMs, 4000)
    .option('--duration <duration>', 'end after this time (default: when interrupted)', readDurationMs)
    .addHelpText(
      'after',
      `
On a terminal the roll is a live table, elsewhere one line for each change. Everything listens on loopback.

Examples:
  rollcall demo
  rollcall demo --port 15555 --http-port 18500
  rollcall demo --duration 20s > demo.log`,
    )
    .action(async (options: DemoOptions) => {
      await runDemo(terminal, options)
      terminal.finish(exitCodes.ok)
    })
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('A port is 1 to 65535.')
  return port
}

async function runDemo(terminal: Terminal, options: DemoOptions): Promise<void> {
  const interrupted = terminal.untilSignal()
  await ensurePortIsFree(options.port, '--port')
  await ensurePortIsFree(options.httpPort, '--http-port')
  const daemon = await openDaemon({
    host: '127.0.0.1',
    port: options.port,
    httpHost: '127.0.0.1',
    httpPort: options.httpPort,
    dnsHost: '127.0.0.1',
    dnsPort: 0,
    version: readVersion(),
  })
  const deadline = openDeadline(options.duration, interrupted)
  let failure: RollcallError | undefined
  const ended = new AbortController()
  deadline.signal.addEventListener('abort', () => ended.abort())
  const fleet = createFleet({
    discoveryPort: options.port,
    env: terminal.env,
    onUnexpectedEnd(member, lastWords) {
      // A Ctrl-C goes to every process of the terminal: they may end before they are asked to.
      if (interrupted.aborted) return
      if (!show.hasSeen(member.id)) {
        const message = `${member.id} ended before it was on the roll: ${lastWords || 'it said nothing'}`
        failure = new RollcallError('CLOSED', message)
        ended.abort()
      }
      show.tell({ id: member.id, text: `ended by itself: ${lastWords.split('\n', 1)[0] ?? ''}`, colour: 'red' })
    },
  })
  const openShow = terminal.isInteractive ? openBoardShow : openLineShow
  const show = openShow({ terminal, reader: daemon.reader, fleet, toTry: commandsToTry(terminal, options, daemon) })
  try {
    for (const service of firstFleet) show.act('started', fleet.start(service))
    await keepHappening(fleet, show, options.pace, ended.signal)
  } finally {
    deadline.close()
    show.close()
    await fleet.close()
    await daemon.close()
  }
  if (failure !== undefined) throw failure
  terminal.print('The demo is over; the daemon and every instance have ended.')
}

async function keepHappening(fleet: Fleet, show: Show, paceMs: number, ended: AbortSignal): Promise<void> {
  let step = 0
  while (!ended.aborted) {
    await sleep(paceMs, undefined, { signal: ended }).catch((error: unknown) => {
      if (!ended.aborted) throw error
    })
    // Nothing new happens until the daemon has heard of everyone: nobody is killed before it was there.
    const members = fleet.members().filter(({ ending }) => ending === undefined)
    if (ended.aborted || !members.every(({ id }) => show.hasSeen(id))) continue
    const [act, service] = acts[step % acts.length] ?? ['started', 'answer']
    step += 1
    const member = act === 'started' ? fleet.start(service) : members.find((one) => one.service === service)
    if (member === undefined) continue
    show.act(act, member)
    if (act === 'killed') fleet.kill(member)
    else if (act === 'stopped') fleet.stop(member)
  }
}

function commandsToTry(terminal: Terminal, options: DemoOptions, { dnsAddress = '' }: Daemon): string[] {
  const url = `http://127.0.0.1:${options.httpPort}`
  const daemon = options.httpPort === 8500 ? '' : ` --daemon ${url}`
  return [
    `curl ${url}/resolve/answer`,
    `curl ${url}/services`,
    `dig @127.0.0.1 -p ${dnsAddress.replace(/^.*:/, '')} answer.service.rollcall SRV`,
    `${terminal.programName} services${daemon}`,
    `${terminal.programName} call answer${daemon}`,
  ]
}
