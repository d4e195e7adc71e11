// ZooKeeper: an ephemeral node for each provider, and a watch of their parent's children.

import type { Client } from 'node-zookeeper-client'
import type { DiscoveryPeer } from './peer.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import zookeeper from 'node-zookeeper-client'
import { findFreePort } from '../../free-port.ts'
import { packageVersion } from '../package-version.ts'
import { readDebianVersion } from '../server.ts'
import { service } from './peer.ts'
import { openServer } from './restartable.ts'

const parent = `/services/${service}`
const jar = '/usr/share/java/zookeeper.jar'

/** A server that has just started may take a connection and drop it, and the client then forgets what it was asked. */
const openMs = 1_000

async function openClient(address: string): Promise<Client> {
  const client = zookeeper.createClient(address)
  const opened = new Promise<boolean>((resolve) => {
    const timer = setTimeout(resolve, openMs, false)
    client.once('connected', () =>
      client.mkdirp(parent, (error) => {
        clearTimeout(timer)
        resolve(!error)
      }),
    )
  })
  client.connect()
  if (await opened) return client
  client.close()
  return openClient(address)
}

function createNode(client: Client, path: string): Promise<void> {
  return new Promise((resolve, reject) =>
    client.create(path, Buffer.from('tcp://10.0.0.7:80'), zookeeper.CreateMode.EPHEMERAL, (error) =>
      error ? reject(error) : resolve(),
    ),
  )
}

export const peer: DiscoveryPeer = {
  version: async () => `${await readDebianVersion('zookeeper')}, ${packageVersion('node-zookeeper-client')}`,
  settings: 'one server, tickTime 2 s, fsync on; npm node-zookeeper-client, session timeout 30 s: all defaults',
  lookups: 'getChildren(): asks the server',
  needs: { file: jar, package: 'zookeeper' },
  async openServer(folder) {
    const port = await findFreePort()
    const config = join(folder, 'zoo.cfg')
    const lines = ['tickTime=2000', `dataDir=${folder}`, `clientPort=${port}`, 'clientPortAddress=127.0.0.1']
    await writeFile(config, [...lines, 'maxClientCnxns=0', 'admin.enableServer=false', ''].join('\n'))
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
    return openServer({ command: 'java', debian: 'zookeeper', args: ['-cp', jar, main, config], port })
  },
  async provide(address, id) {
    let isHere = true
    let client: Client | undefined
    // A session that has expired takes its node along: its owner puts it there again, as ZooKeeper's documentation has it.
    const enter = async (): Promise<void> => {
      const opened = await openClient(address)
      client = opened
      opened.once('expired', () => {
        if (isHere) void enter()
      })
      await createNode(opened, `${parent}/${id}`)
    }
    await enter()
    return {
      async leave() {
        isHere = false
        client?.close()
      },
    }
  },
  async observe(address, onChange) {
    const client = await openClient(address)
    let isOpen = true
    const list = () =>
      new Promise<string[]>((resolve, reject) =>
        client.getChildren(parent, (error, children) => (error ? reject(error) : resolve(children))),
      )
    const watch = () => {
      if (!isOpen) return
      client.getChildren(
        parent,
        () => watch(),
        (error, children) => {
          if (!error) onChange(new Set(children))
          else if (isOpen) setTimeout(watch, 20)
        },
      )
    }
    watch()
    return {
      lookUp: list,
      async close() {
        isOpen = false
        client.close()
      },
    }
  },
}
