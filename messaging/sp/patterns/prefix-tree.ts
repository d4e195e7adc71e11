// A set of byte prefixes, counted, as a radix tree: whether a message begins with one of them costs as many steps as there are
// branches on its way, however many prefixes there are. Labels are strings of one byte a character: a tenth of what buffers take. Pure.

interface Node {
  /** The bytes between the parent and here; at least one, but for the root. */
  label: string
  /** How often the prefix that ends here was added. */
  count: number
  /** By the first byte of their labels. */
  children: Map<number, Node> | undefined
}

export class PrefixTree {
  readonly #root: Node = { label: '', count: 0, children: undefined }
  #size = 0

  /** Different prefixes. */
  get size(): number {
    return this.#size
  }

  /** True when it was not there. */
  add(bytes: Uint8Array): boolean {
    const prefix = latin1(bytes)
    const node = this.#grow(prefix)
    node.count += 1
    if (node.count > 1) return false
    this.#size += 1
    return true
  }

  /** True when that was the last of it; a prefix that was never added is left alone. */
  remove(bytes: Uint8Array): boolean {
    const prefix = latin1(bytes)
    const path = this.#find(prefix)
    const node = path?.at(-1)
    if (!path || !node || node.count === 0) return false
    node.count -= 1
    if (node.count > 0) return false
    this.#size -= 1
    this.#prune(path)
    return true
  }

  /** Whether a prefix in the tree begins this message. */
  matches(message: Uint8Array): boolean {
    let node = this.#root
    let at = 0
    for (;;) {
      if (node.count > 0) return true
      const child = at < message.length ? node.children?.get(message[at] ?? 0) : undefined
      if (!child || !follows(message, at, child.label)) return false
      at += child.label.length
      node = child
    }
  }

  *[Symbol.iterator](): Generator<Buffer, void, undefined> {
    const open: { readonly node: Node; readonly prefix: string }[] = [{ node: this.#root, prefix: '' }]
    let next
    while ((next = open.pop())) {
      const { node, prefix } = next
      if (node.count > 0) yield Buffer.from(prefix, 'latin1')
      for (const child of node.children?.values() ?? []) open.push({ node: child, prefix: prefix + child.label })
    }
  }

  /** The node where the prefix ends, made with those on its way. */
  #grow(prefix: string): Node {
    let node = this.#root
    let at = 0
    while (at < prefix.length) {
      node.children ??= new Map()
      const first = prefix.charCodeAt(at)
      let child = node.children.get(first)
      if (!child) {
        child = { label: prefix.slice(at), count: 0, children: undefined }
        node.children.set(first, child)
        return child
      }
      const shared = sharedLength(child.label, prefix, at)
      if (shared < child.label.length) {
        const rest = child.label.slice(shared)
        const upper: Node = { label: child.label.slice(0, shared), count: 0, children: new Map() }
        upper.children?.set(rest.charCodeAt(0), child)
        child.label = rest
        node.children.set(first, upper)
        child = upper
      }
      at += shared
      node = child
    }
    return node
  }

  /** The nodes from the root to where the prefix ends. */
  #find(prefix: string): Node[] | undefined {
    const path = [this.#root]
    let node = this.#root
    let at = 0
    while (at < prefix.length) {
      const child = node.children?.get(prefix.charCodeAt(at))
      if (!child?.label || !prefix.startsWith(child.label, at)) return undefined
      at += child.label.length
      path.push(child)
      node = child
    }
    return path
  }

  /** Takes away what nothing needs any more: the last node, or a joint with one branch left. */
  #prune(path: Node[]): void {
    const node = path.at(-1)
    const parent = path.at(-2)
    if (!node || !parent) return
    if (!node.children) {
      parent.children?.delete(node.label.charCodeAt(0))
      if (parent.children?.size === 0) parent.children = undefined
      if (parent !== this.#root) mergeOnlyChild(parent)
    } else mergeOnlyChild(node)
  }
}

function mergeOnlyChild(node: Node): void {
  if (node.count > 0 || node.children?.size !== 1) return
  for (const child of node.children.values()) {
    node.label += child.label
    node.count = child.count
    node.children = child.children
    return
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function follows(message: Uint8Array, from: number, label: string): boolean {
  if (message.length - from < label.length) return false
  for (let i = 1; i < label.length; i += 1) if (message[from + i] !== label.charCodeAt(i)) return false
  return true
}

function sharedLength(label: string, prefix: string, from: number): number {
  const most = Math.min(label.length, prefix.length - from)
  let length = 1
  while (length < most && label.charCodeAt(length) === prefix.charCodeAt(from + length)) length += 1
  return length
}
