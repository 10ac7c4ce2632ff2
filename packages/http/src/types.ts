import type { Milliseconds } from '@release-actions/values'
import type { RetryPolicy } from './retry.ts'

/** How the server is known and how we make ourselves known to it. PEM texts. */
export interface TlsIdentity {
  /** Trusted instead of the system's authorities. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** The name to expect in the certificate, when it is not the URL's host. */
  readonly servername?: string
  /** `insecure-skip-tls-verify` of a kubeconfig. */
  readonly insecure?: boolean
}

/** A body that is too large to be held; opened anew for each attempt. */
export interface StreamedBody {
  /** Bytes; no more and no fewer will come. */
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

export interface HttpRequest {
  readonly method: string
  readonly url: string | URL
  /** A list of values is sent as repeated headers. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array | StreamedBody
  /** For the whole answer; of a stream: for its head. Default 30 s. */
  readonly timeout?: Milliseconds
  readonly signal?: AbortSignal
  readonly tls?: TlsIdentity
  /** `http://…`, `https://…` or `socks5://…`; `none`: directly. Default: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. */
  readonly proxy?: string
  /** Larger answers are refused. Default 32 MiB. */
  readonly maxBytes?: number
  /**
   * `idempotent` (default): GET, HEAD, PUT, DELETE and OPTIONS are sent again; `always`: the caller says that
   * sending it twice is harmless; `never`.
   */
  readonly retry?: 'idempotent' | 'always' | 'never'
  readonly policy?: Partial<RetryPolicy>
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; several values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Of the last attempt. */
  readonly latency: Milliseconds
}

export interface HttpStream {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Throws Unreachable when the connection breaks. */
  readonly chunks: AsyncIterable<Uint8Array>
  close(): void
}

export interface Http {
  /**
   * Sends a request and reads the whole answer, whatever its status.
   * @throws Unreachable (host and cause), TimedOut, Cancelled
   */
  request(request: HttpRequest): Promise<HttpAnswer>
  /** The same, but the body comes as it arrives; never sent twice. */
  stream(request: HttpRequest): Promise<HttpStream>
  /** Closes all connections, open streams included. */
  close(): void
}
