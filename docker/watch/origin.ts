// What the file that a container was started from calls it, by the labels of Compose or of Swarm. Pure.

export interface Origin {
  /** The project or the stack: names of networks begin with it. */
  readonly project: string | undefined
  readonly service: string | undefined
}

export function readOrigin(labels: Readonly<Record<string, string>>): Origin {
  const project = labels['com.docker.compose.project'] ?? labels['com.docker.stack.namespace']
  const composed = labels['com.docker.compose.service']
  const swarmed = labels['com.docker.swarm.service.name']
  // Swarm puts the name of the stack before those of its services.
  const prefix = `${project}_`
  return { project, service: composed ?? (swarmed?.startsWith(prefix) ? swarmed.slice(prefix.length) : swarmed) }
}
