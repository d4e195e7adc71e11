import t from 'tap'
import { chooseAddress } from '../../../docker/watch/address.ts'
import { createFacts } from './container.ts'

const networks = [
  { name: 'back', ip: '10.0.1.2' },
  { name: 'front', ip: '10.0.2.2' },
  { name: 'shop_default', ip: '10.0.3.2' },
  { name: 'shop_side', ip: '10.0.4.2' },
]
const labels = { 'com.docker.compose.project': 'shop' }
const container = createFacts({ networks, labels })

t.test('a label names the network, by its own name or by that in the compose file', async (t) => {
  const shared = new Set(['front'])
  t.same(chooseAddress(container, { wanted: 'back', shared }), { host: '10.0.1.2' })
  t.same(chooseAddress(container, { wanted: 'side', shared }), { host: '10.0.4.2' })
  t.match(chooseAddress(container, { wanted: 'none', shared }), {
    reason: /not on the network none but on back, front/,
  })
  const task = createFacts({ networks, labels: { 'com.docker.stack.namespace': 'shop' } })
  t.same(chooseAddress(task, { wanted: 'side', shared }), { host: '10.0.4.2' }, 'or in that of the stack')
})

t.test('else it is the first of those that the watcher is on as well', async (t) => {
  t.same(chooseAddress(container, { wanted: undefined, shared: new Set(['shop_side', 'front']) }), { host: '10.0.2.2' })
  t.match(chooseAddress(container, { wanted: undefined, shared: new Set(['other']) }), { reason: /shares no network/ })
})

t.test('a watcher outside of any container takes the default network of the project, else the first', async (t) => {
  t.same(chooseAddress(container, { wanted: undefined, shared: undefined }), { host: '10.0.3.2' })
  t.same(chooseAddress(createFacts({ networks }), { wanted: undefined, shared: undefined }), { host: '10.0.1.2' })
})

t.test('a container on the network of the host is where the watcher is', async (t) => {
  t.same(chooseAddress(createFacts({ isOnHost: true }), { wanted: undefined, shared: undefined }), { host: '' })
})

t.test('one without an address cannot be reached', async (t) => {
  const none = createFacts({ networks: [{ name: 'none', ip: '' }] })
  t.match(chooseAddress(none, { wanted: undefined, shared: undefined }), { reason: /no network that could be reached/ })
})
