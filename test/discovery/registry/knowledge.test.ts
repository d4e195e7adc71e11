import t from 'tap'
import { createKnowledge } from '../../../discovery/registry/knowledge.ts'

t.test('negative answers need the warm-up and a full round after it', async (t) => {
  const knowledge = createKnowledge({ warmupMs: 3_000, roundMs: 1_000 })
  t.notOk(knowledge.isReady, 'nothing is known before it listens')
  knowledge.listenStarted(100)
  knowledge.roundEnded({ startedAtMs: 100, nowMs: 101 })
  knowledge.roundEnded({ startedAtMs: 3_099, nowMs: 3_600 })
  t.notOk(knowledge.isReady, 'that round began within the warm-up')
  t.equal(knowledge.retryAfterMs(1_100), 3_000)
  t.equal(knowledge.retryAfterMs(9_000), 1_000, 'never at once')
  knowledge.roundEnded({ startedAtMs: 3_100, nowMs: 3_101 })
  t.ok(knowledge.isReady)
  t.equal(knowledge.retryAfterMs(4_000), 0)
})

t.test('a daemon that has lost everybody does not know any more', async (t) => {
  const knowledge = createKnowledge({ warmupMs: 3_000, roundMs: 1_000 })
  knowledge.listenStarted(0)
  knowledge.roundEnded({ startedAtMs: 3_000, nowMs: 3_001 })
  knowledge.lostEverybody(10_000)
  t.notOk(knowledge.isReady)
  knowledge.roundEnded({ startedAtMs: 12_999, nowMs: 13_001 })
  t.notOk(knowledge.isReady)
  knowledge.roundEnded({ startedAtMs: 13_000, nowMs: 13_001 })
  t.ok(knowledge.isReady)
})

t.test('while connections come in, a fleet is still on its way', async (t) => {
  const knowledge = createKnowledge({ warmupMs: 3_000, roundMs: 1_000 })
  knowledge.pipeAttached(0)
  knowledge.listenStarted(0)
  knowledge.pipeAttached(1_500)
  t.equal(knowledge.retryAfterMs(1_500), 2_500, 'early ones change nothing')
  knowledge.pipeAttached(2_900)
  knowledge.roundEnded({ startedAtMs: 3_899, nowMs: 3_901 })
  t.notOk(knowledge.isReady, 'one that came late may not be the last')
  knowledge.roundEnded({ startedAtMs: 3_900, nowMs: 3_901 })
  t.ok(knowledge.isReady, 'a third of WARMUP without a new one')
  knowledge.pipeAttached(3_902)
  t.ok(knowledge.isReady, 'whoever comes later takes nothing away')
})

t.test('a fleet of which somebody always comes does not keep a daemon from knowing', async (t) => {
  const knowledge = createKnowledge({ warmupMs: 3_000, roundMs: 1_000 })
  knowledge.listenStarted(0)
  for (let nowMs = 0; nowMs < 12_000; nowMs += 100) knowledge.pipeAttached(nowMs)
  knowledge.roundEnded({ startedAtMs: 8_999, nowMs: 9_000 })
  t.notOk(knowledge.isReady)
  knowledge.roundEnded({ startedAtMs: 9_000, nowMs: 9_001 })
  t.ok(knowledge.isReady, 'three times WARMUP, and a round')
})
