// The simulator against what can be worked out by hand: fleets so small that every message can be counted.

import t from 'tap'
import type { SurveyCosts } from './costs.ts'
import type { Scene } from './simulate.ts'
import { Asker } from './asker.ts'
import { answerHeaderBytes, lineBytes, packetBytes, questionBytes } from './costs.ts'
import { createRandom } from '../../fixtures/random.ts'
import { createNetwork } from './network.ts'
import { Processor } from './processor.ts'
import { Instances } from './respondents.ts'
import { simulate } from './simulate.ts'
import { World } from './world.ts'

const free: SurveyCosts = Object.freeze({
  questionUs: 0,
  answerUs: 0,
  coldUs: 0,
  warmPipes: 1,
  lineUs: 0,
  roundEndUs: 0,
  respondentUs: 0,
  respondentLineUs: 0,
  pipeBytes: 0,
})

const flat = Object.freeze({ kind: 'flat', daemons: 1 })
const still = Object.freeze({ delayMs: 1, jitterMs: 0, lossRate: 0 })

/** Everything takes no time but the network, a millisecond each way. */
function run(scene: Partial<Scene>) {
  return simulate({ shape: flat, instances: 1, network: still, costs: free, ...scene })
}

/** Times are sums of fractions. */
function rounded(times: readonly number[], digits = 3): number[] {
  return times.map((time) => Number(time.toFixed(digits)))
}

t.test('a round with one instance is the way there and back, and what both ends do', async (t) => {
  t.same(rounded(run({ rounds: 2 }).roundsMs), [2, 2])
  const costs = { ...free, questionUs: 10, answerUs: 20, respondentUs: 30 }
  t.same(rounded(run({ costs, rounds: 2 }).roundsMs), [2.06, 2.06])
})

t.test('a question and an answer for each instance each second are counted, and their bytes', async (t) => {
  const { messagesPerSecond, bytesPerSecond } = run({ instances: 100, rounds: 20 })
  t.equal(messagesPerSecond, 200)
  const bytes = questionBytes + packetBytes + answerHeaderBytes + lineBytes + 2 * packetBytes
  t.equal(bytesPerSecond, 100 * bytes)
})

t.test('the daemon is busy with questions, answers and the end of each round', async (t) => {
  const costs = { ...free, questionUs: 10, answerUs: 20, roundEndUs: 1 }
  t.equal(Number(run({ instances: 1_000, rounds: 20, costs }).cpuShare.toFixed(6)), 0.031)
})

t.test('a round that takes longer than the interval makes the interval longer', async (t) => {
  const costs = { ...free, answerUs: 30 }
  const { roundsMs, cpuShare, messagesPerSecond } = run({ instances: 50_000, costs, rounds: 4 })
  // The core is idle for the first answer's way there and back.
  t.same(
    roundsMs.map((ms) => Math.round(ms)),
    roundsMs.map(() => 1_502),
  )
  t.ok(cpuShare > 0.99 && cpuShare <= 1)
  t.ok(Math.abs(messagesPerSecond / (100_000 / 1.502) - 1) < 0.02, String(messagesPerSecond))
})

t.test('whoever hears nothing blames itself, and takes nobody off the roll', async (t) => {
  const { falseRemovals } = run({ instances: 1_500, silenceRate: 1, rounds: 8 })
  t.equal(falseRemovals, 0)
})

t.test('the window lets 1,024 be asked at once and 256 more every 10 ms, and each has its own deadline', async (t) => {
  const world = new World()
  const random = createRandom(1)
  const silent = new Instances({ count: 1_500, costs: free, perCore: 1_500, silenceRate: 1, random })
  const network = createNetwork(still, random)
  const core = new Processor()
  const asker = new Asker({ world, network, core, costs: free, respondents: silent, bytesPerMs: 1e9, startsAtMs: 0 })
  const questionsAt = (ms: number) => {
    world.run(ms)
    return asker.counts.questions
  }
  t.same([0, 9.9, 10, 20].map(questionsAt), [1_024, 1_024, 1_280, 1_500])
  world.run(600)
  t.same(rounded(asker.roundsMs), [520])
})

t.test('who hangs is suspect half a second after the next question, and gone two rounds later', async (t) => {
  // The next question comes within a second, and its deadline 500 ms later. The third round finds a pipe that has left three
  // questions unanswered, one of them put to it alone, and ends without asking it.
  const seeds = Array.from({ length: 200 }, (_, i) => i + 1)
  const outcomes = seeds.map((seed) => run({ victims: 0.5, seed }))
  const suspect = outcomes.flatMap(({ hungSuspectMs }) => hungSuspectMs)
  const gone = outcomes.flatMap(({ hungGoneMs }) => hungGoneMs)
  t.equal(gone.length, seeds.length)
  t.ok(suspect.every((ms) => ms > 499 && ms < 1_500))
  t.ok(suspect.every((ms, i) => Math.round((gone[i] ?? 0) - ms) === 1_500))
  t.ok(Math.max(...suspect) > 1_400 && Math.min(...suspect) < 600, 'anywhere within an interval')
})

t.test('who is killed is suspect as soon as the end of its connection arrives', async (t) => {
  const { killedSuspectMs } = run({ instances: 50, victims: 2 })
  t.same(rounded(killedSuspectMs), [1, 1])
})

t.test(
  'three questions unanswered in a row, one of them put alone, take an instance that lives off the roll',
  async (t) => {
    const instances = 2_000
    const silenceRate = 0.3
    const { falseSuspicions, falseRemovals, roundsMs } = run({ instances, silenceRate, rounds: 200 })
    const perRound = instances * roundsMs.length
    // A share of 0.3 of those alive is suspected each round; of those, 0.3 × 0.3 answer neither alone nor the next time.
    t.ok(
      Math.abs(falseRemovals / falseSuspicions / silenceRate ** 2 - 1) < 0.1,
      `${falseRemovals} of ${falseSuspicions}`,
    )
    t.ok(falseSuspicions / perRound < silenceRate && falseSuspicions / perRound > silenceRate * 0.7)
  },
)

t.test('a packet that is lost comes 200 ms late, which no deadline of 500 ms is passed by', async (t) => {
  const outcome = run({ instances: 500, network: { ...still, lossRate: 0.001 }, rounds: 50 })
  t.same([outcome.falseSuspicions, outcome.falseRemovals], [0, 0])
  t.ok(Math.max(...outcome.roundsMs) > 201)
})

t.test('several daemons find out by themselves, and each costs as much', async (t) => {
  const outcome = run({ shape: { kind: 'flat', daemons: 3 }, instances: 100, victims: 2, rounds: 20 })
  t.equal(outcome.killedSuspectMs.length, 6)
  t.ok(Math.abs(outcome.allMessagesPerSecond / outcome.messagesPerSecond - 3) < 0.05)
})

t.test('behind a relay an end is found out by the relay, and the daemon asks it at once', async (t) => {
  const shape = { kind: 'changes', perRelay: 100 } as const
  const outcome = run({ shape, instances: 400, victims: 4 })
  // The connection's end at the relay, its hint, the daemon's question and the answer.
  t.same(rounded(outcome.killedSuspectMs), [4, 4, 4, 4])
  t.ok(outcome.hungSuspectMs.every((ms) => ms > 499 && ms < 1_510))
})

t.test(
  'relays that name everyone cost the daemon each line, those that tell changes only their own answer',
  async (t) => {
    const costs = { ...free, answerUs: 10, lineUs: 1 }
    const shareOf = (kind: 'lines' | 'changes') =>
      run({ shape: { kind, perRelay: 1_001 }, instances: 10_010, costs, rounds: 20 }).cpuShare
    t.equal(Number(shareOf('lines').toFixed(4)), 0.0101)
    t.ok(shareOf('changes') < 0.000_2)
  },
)

t.test('the same seed gives the same figures, and another one others', async (t) => {
  const scene = { instances: 300, victims: 5, silenceRate: 0.1, network: { lossRate: 0.01, jitterMs: 1 } }
  t.same(run({ ...scene, seed: 7 }), run({ ...scene, seed: 7 }))
  t.strictNotSame(run({ ...scene, seed: 7 }), run({ ...scene, seed: 8 }))
})
