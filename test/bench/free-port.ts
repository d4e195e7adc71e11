// A port that is free now, for a program that is told where to listen and started again on it.

import { listenBare } from './bare.ts'

export async function findFreePort(): Promise<number> {
  const { server, port } = await listenBare((socket) => socket.destroy())
  await new Promise((resolve) => server.close(resolve))
  return port
}
