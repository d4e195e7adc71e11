// As much of two packages without types as the adapters use.

declare module 'cote' {
  import type { EventEmitter } from 'node:events'

  interface Node {
    readonly id: string
    readonly advertisement: { readonly name: string }
  }
  interface Component extends EventEmitter {
    readonly sock: EventEmitter
    on(event: 'cote:added' | 'cote:removed', listener: (node: Node) => void): this
    close(): void
  }
  type Create = new (advertisement: object, discovery: object) => Component
  const cote: { readonly Responder: Create; readonly Requester: Create }
  export default cote
}

declare module 'node-zookeeper-client' {
  import type { EventEmitter } from 'node:events'

  export interface Client extends EventEmitter {
    connect(): void
    close(): void
    mkdirp(path: string, callback: (error: Error | null) => void): void
    create(path: string, data: Buffer, mode: number, callback: (error: Error | null) => void): void
    getChildren(path: string, callback: (error: Error | null, children: string[]) => void): void
    getChildren(path: string, watcher: () => void, callback: (error: Error | null, children: string[]) => void): void
  }
  const zookeeper: {
    createClient(address: string): Client
    readonly CreateMode: { readonly EPHEMERAL: number }
  }
  export default zookeeper
}
