import t from 'tap'
import { readReplicaName, reverseName } from '../../docker/replica-name.ts'

t.test('a replica of Compose is called by its service and number', async (t) => {
  t.equal(readReplicaName('rollcall-answer-2.rollcall_default'), 'answer-2')
  t.equal(readReplicaName('rollcall-discovery-1-1.rollcall_default'), 'discovery-1-1')
})

t.test('underscores and dashes in the names of projects and networks do not mislead', async (t) => {
  t.equal(readReplicaName('my_shop-web-1.my_shop_default'), 'web-1')
  t.equal(readReplicaName('my-shop-web-1.my-shop_front_end'), 'web-1')
  t.equal(readReplicaName('shop-web-1.shop_default'), 'web-1')
})

t.test('the name of a service may hold dots', async (t) => {
  t.equal(readReplicaName('shop-web.v2-1.shop_default'), 'web.v2-1')
})

t.test('a container that Compose did not name keeps its name', async (t) => {
  t.equal(readReplicaName('blue_whale.bridge'), 'blue_whale')
  t.equal(readReplicaName('web.other_default'), 'web')
  t.equal(readReplicaName('shop-.shop_default'), 'shop-')
  t.equal(readReplicaName('web'), 'web')
})

t.test('an address is asked for backwards', async (t) => {
  t.equal(reverseName('172.18.0.5'), '5.0.18.172.in-addr.arpa')
})
