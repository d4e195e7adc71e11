// Prefixes to subscribe to, and messages that begin with them.

export function prefixOf(topic: number): string {
  return `topic.${String(topic).padStart(7, '0')}.`
}

/** Of so many bytes, spread over so many topics. */
export function messagesOn(topics: number, bytes: number): Buffer[] {
  const messages = Math.min(topics, 10_000)
  return Array.from({ length: messages }, (_, i) => {
    const topic = Math.floor((i * topics) / messages)
    return Buffer.from(prefixOf(topic).padEnd(bytes, 'x'))
  })
}
