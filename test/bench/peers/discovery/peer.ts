// A system that finds services, as the discovery scenario sees it: one file for each. Its server, if it has one, is started by the harness;
// whoever provides and whoever observes are processes of their own, which load no system but this one.

export interface DiscoveryPeer {
  /** How it is set up here, and where that comes from: shown in the result. */
  readonly settings: string
  /** What an observer's lookup is: shown in the result. */
  readonly lookups: string
  /** Of the server, if it has one, and of the client. */
  version(): Promise<string>
  /** A file, and the Debian package that has it, without which it is not measured. */
  readonly needs?: { readonly file: string; readonly package: string }
  /** Its address, where it has no server: the observer and the providers are told it. */
  openServer(folder: string): Promise<PeerServer>
  /** Comes back when it is there as far as it can tell; the time is taken from the call. */
  provide(address: string, id: string): Promise<PeerProvider>
  /** Tells of everyone who is handed out, whenever that may have changed. */
  observe(address: string, onChange: (ids: ReadonlySet<string>) => void): Promise<PeerObserver>
}

export interface PeerServer {
  readonly address: string
  /** Of its processes; none where it has no server. */
  readonly pids: readonly number[]
  /** Ends it as a crash does, and starts it again with what it has kept: comes back when it listens. */
  restart(): Promise<Restart>
  close(): Promise<void>
}

/** Milliseconds since 1970. */
export interface Restart {
  readonly startedAtMs: number
  readonly listensAtMs: number
}

export interface PeerProvider {
  /** In order: others are told. */
  leave(): Promise<void>
}

export interface PeerObserver {
  /** One lookup of one provider, by the system's own means. */
  lookUp(): Promise<unknown>
  close(): Promise<void>
}

/** The service that everyone provides. */
export const service = 'web'

let provided = 0

/** A place for a provider that nobody else has: some systems take two of one place for one. */
export function nextPlace(): { readonly host: string; readonly port: number } {
  provided += 1
  const { pid } = process
  return { host: `10.${(pid >> 16) & 255}.${(pid >> 8) & 255}.${pid & 255}`, port: 1_000 + provided }
}
