import t from 'tap'
import { openEngine } from '../../messaging/sp/index.ts'
import { verifyEngines } from './engine-contract.ts'

const openSp = () => openEngine('sp')
const openNanomsg = () => openEngine('nanomsg')

t.jobs = 1
verifyEngines(t, { name: 'sp alone', openListening: openSp, openDialling: openSp, isOneEngine: true })
verifyEngines(t, { name: 'nanomsg alone', openListening: openNanomsg, openDialling: openNanomsg, isOneEngine: true })
verifyEngines(t, { name: 'sp asks nanomsg', openListening: openSp, openDialling: openNanomsg, isOneEngine: false })
verifyEngines(t, { name: 'nanomsg asks sp', openListening: openNanomsg, openDialling: openSp, isOneEngine: false })

t.test('sockets of one engine are no sockets of another', async (t) => {
  const [sp, nanomsg] = await Promise.all([openSp(), openNanomsg()])
  t.teardown(() => Promise.all([sp.close(), nanomsg.close()]))
  await t.rejects(sp.listen('tcp://127.0.0.1:0', nanomsg.createSurveyor()), { code: 'NOT_SUPPORTED' })
  t.throws(() => nanomsg.dial('tcp://127.0.0.1:1', sp.createRequester()), { code: 'NOT_SUPPORTED' })
})
