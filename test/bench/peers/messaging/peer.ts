// What a system of the comparison is: a server, where it has one, and two ends that talk, each in a process of its own. An end is a client in
// Node (run by children/messaging-end.ts) or a program in C; whoever measures sees an End either way.

import type { Percentiles } from '../../messaging/percentiles.ts'

/** Takes a message; where there is no room for another, gives what to wait for. */
export type Send = (body: Buffer) => Promise<unknown> | undefined
export type OnMessage = (body: Uint8Array) => void
export type Request = (body: Buffer) => Promise<unknown>

/** What a client in Node does. */
export interface Client {
  /** Hears messages at an address of its own, which its sender is told. */
  receive(onMessage: OnMessage): Promise<string>
  openSender(address: string): Promise<Send>
  /** Echoes requests at an address of its own. */
  reply(): Promise<string>
  /** For so many at once. */
  openRequester(address: string, inFlight: number): Promise<Request>
  publish(): Promise<{ readonly address: string; readonly send: Send }>
  /** So many subscribers, each of which hears every message. */
  subscribe(address: string, count: number, onMessage: OnMessage): Promise<void>
}

/** What opens at an end; the first three give the address that the others are told. */
export type Role = 'receiver' | 'replier' | 'publisher' | 'sender' | 'requester' | 'subscribers'

export interface Load {
  /** Of the messages, in turn. */
  readonly sizes: readonly number[]
  readonly durationMs: number
  /** A second; without it, as fast as they go. */
  readonly rate?: number
}

export interface Hearing {
  /** So many messages are not kept: they warm up. */
  readonly skip: number
  /** Of so many after them, how long each took since it was meant to be sent; 0: none. */
  readonly keep: number
}

export interface Heard {
  readonly count: number
  /** A second, from the first to the last. */
  readonly rate: number
}

export interface End {
  /** Gives its address, or nothing. `count`: requests in flight, or subscribers. */
  open(role: Role, address?: string, count?: number): Promise<string>
  /** How many were sent. */
  send(role: 'sender' | 'publisher', load: Load): Promise<number>
  request(durationMs: number, inFlight: number): Promise<{ readonly rate: number; readonly percentiles: Percentiles }>
  /** Forgets what was heard. */
  reset(hearing: Hearing): Promise<void>
  report(): Promise<Heard>
  percentiles(): Promise<Percentiles>
  close(): Promise<unknown>
}

export interface StartedPeer {
  readonly version: string
  /** The server, for clients. */
  readonly server: string
  /** Where the ends are not clients in Node. */
  readonly openEnd?: () => Promise<End>
  close(): Promise<unknown>
}

export interface Peer {
  readonly name: string
  /** How it is set up: as its own documentation has it for speed, at most once, nothing kept. */
  readonly settings: string
  /** Fails with a MissingPeer where something is not installed. */
  start(): Promise<StartedPeer>
  openClient?(server: string): Promise<Client>
}

/** Not installed here; says what would help. */
export class MissingPeer extends Error {}
