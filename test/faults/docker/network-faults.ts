// What happens between containers: packets that are lost one way or both, and packets that are late. By iptables on this machine, whose bridge shows it
// what passes between containers, and by a program that holds packets back in the network of one of them.

import type { ChildProcess } from 'node:child_process'
import type { CreateFault, Fault } from './fault.ts'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { keep } from '../../bench/child.ts'
import { hostOf } from './fault.ts'

const run = promisify(execFile)

const lock = ['--wait', '10']
const chain = 'DOCKER-USER'
/** Of every rule of this process. */
const commentPrefix = `rollcall-faults-${process.pid}`

export const createOneWay: CreateFault = (context, planned) => {
  const [from, to] = [hostOf(context, planned, 0), hostOf(context, planned, 1)]
  return createDropping(planned.number, [['--source', from.address, '--destination', to.address]])
}

export const createLoss: CreateFault = (context, planned) => {
  const { address } = hostOf(context, planned)
  const chance = ['-m', 'statistic', '--mode', 'random', '--probability', (planned.amount / 100).toFixed(3)]
  return createDropping(planned.number, [
    ['--source', address, ...chance],
    ['--destination', address, ...chance],
  ])
}

/** Rules that drop what they match, for as long as the fault lasts. */
function createDropping(number: number, matches: readonly (readonly string[])[]): Fault {
  const comment = `${commentPrefix}-${number}`
  const rules = matches.map((match) => [...match, '-m', 'comment', '--comment', comment, '-j', 'DROP'])
  let dropped = 0
  return {
    async begin() {
      for (const rule of rules) await run('iptables', [...lock, '--insert', chain, ...rule])
    },
    async end() {
      dropped = await countPackets(comment)
      for (const rule of rules) await run('iptables', [...lock, '--delete', chain, ...rule])
    },
    cameTo: () => (dropped > 0 ? `${dropped} packets dropped` : undefined),
  }
}

/** Packets that the rules of this comment have taken so far. */
async function countPackets(comment: string): Promise<number> {
  const { stdout } = await run('iptables', [...lock, '--numeric', '--verbose', '--exact', '--list', chain])
  const lines = stdout.split('\n').filter((line) => line.includes(`/* ${comment} */`))
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[0]), 0)
}

/** Whatever rule of this process is left: none, but where a run was broken off. */
export async function removeRules(): Promise<void> {
  const { stdout } = await run('iptables', [...lock, '--list-rules', chain]).catch(() => ({ stdout: '' }))
  const rules = stdout.split('\n').filter((line) => line.includes(`${commentPrefix}-`))
  for (const rule of rules) await run('iptables', [...lock, '--delete', ...rule.split(' ').slice(1)])
}

/** What the host hears comes later: so does whatever is an answer to it. */
export const createDelay: CreateFault = (context, planned) => {
  const rule = ['INPUT', '--jump', 'NFQUEUE', '--queue-num', '0', '--queue-bypass']
  const { delayProgram = '', fleet } = context
  let enter: readonly string[] = []
  let program: ChildProcess | undefined
  let closed: Promise<unknown> | undefined
  let said = ''
  return {
    async begin() {
      const { State } = await fleet.container(hostOf(context, planned)).inspect()
      enter = ['--target', String(State.Pid), '--net']
      const args = [...enter, delayProgram, '0', String(planned.amount)]
      // In a group of its own: whoever ends the run from a terminal does not end it first.
      program = spawn('nsenter', args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
      keep(program)
      closed = once(program, 'close')
      program.stderr?.on('data', (chunk: Buffer) => (said += String(chunk)))
      await run('nsenter', [...enter, 'iptables', ...lock, '--insert', ...rule])
    },
    async end() {
      await run('nsenter', [...enter, 'iptables', ...lock, '--delete', ...rule])
      program?.kill('SIGTERM')
      await closed
    },
    cameTo() {
      const held = Number(/seen (\d+)/.exec(said)?.[1] ?? 0)
      return held > 0 ? `${held} packets held back` : undefined
    },
  }
}
