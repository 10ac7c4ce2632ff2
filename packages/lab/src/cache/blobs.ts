/** What lies at signed addresses: Azure's block blobs, as far as the toolkit and we speak to them. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

interface Blob {
  content: Buffer
  type: string
  /** Parts that are not yet named by a block list. */
  readonly blocks: Map<string, Buffer>
}

const SIGNATURE = 'sig=signed-by-the-lab'

export class Blobs {
  readonly #all: Blob[] = []

  /** @returns its number */
  add(): number {
    this.#all.push({ content: Buffer.alloc(0), type: '', blocks: new Map() })
    return this.#all.length - 1
  }

  address(origin: string, blob: number): string {
    return `${origin}/blobs/${blob}?${SIGNATURE}`
  }

  content(blob: number): Buffer {
    return this.#all[blob]?.content ?? Buffer.alloc(0)
  }

  /** @returns false: it is about no blob */
  answer(request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): boolean {
    const blob = this.#all[Number(/^\/blobs\/(\d+)$/.exec(url.pathname)?.[1] ?? NaN)]
    if (blob === undefined) return false
    if (!url.search.includes(SIGNATURE)) response.writeHead(403).end()
    else if (request.method === 'PUT') {
      const status = put(blob, request, url, body)
      response.writeHead(status, { 'x-ms-request-id': '1', etag: '"1"' }).end()
    } else {
      const { content, type } = blob
      response.writeHead(200, {
        'content-length': content.length,
        'content-type': type,
        ...checksum(content),
      })
      response.end(request.method === 'HEAD' ? undefined : content)
    }
    return true
  }
}

/** Put Blob, Put Block, Put Block List: https://learn.microsoft.com/rest/api/storageservices/put-block-list */
function put(blob: Blob, request: IncomingMessage, url: URL, body: Buffer): number {
  const type = request.headers['x-ms-blob-content-type'] ?? request.headers['content-type'] ?? ''
  switch (url.searchParams.get('comp')) {
    case 'block':
      blob.blocks.set(url.searchParams.get('blockid') ?? '', body)
      return 201
    case 'blocklist': {
      const named = [...body.toString().matchAll(/<(?:Latest|Uncommitted)>([^<]*)</g)].map(
        ([, id = '']) => id,
      )
      const parts = named.flatMap((id) => blob.blocks.get(id) ?? [])
      if (parts.length !== named.length) return 400
      Object.assign(blob, { content: Buffer.concat(parts), type: String(type) })
      return 201
    }
    case null:
      // Azure wants to be told what kind of blob it is to be.
      if (request.headers['x-ms-blob-type'] !== 'BlockBlob') return 400
      Object.assign(blob, { content: body, type: String(type) })
      return 201
    default:
      return 400
  }
}

function checksum(content: Buffer): Readonly<Record<string, string>> {
  return { 'content-md5': createHash('md5').update(content).digest('base64') }
}
