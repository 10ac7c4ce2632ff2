import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHttp, type Http } from '@release-actions/http'
import type { BlobContent, Clock, Registry } from '@release-actions/ports'
import {
  startRegistry,
  type EmbeddedRegistry,
  type RegistryOptions,
} from '../../lab/src/registry/registry.ts'
import { digestOf } from '../src/digest.ts'
import { openRegistry, type Credentials } from '../src/index.ts'

/** Time limits never pass, pauses at once. */
export const clock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise((done) => (ms < 10_000 ? done() : signal?.addEventListener('abort', () => done()))),
}

export interface World extends AsyncDisposable {
  readonly server: EmbeddedRegistry
  readonly registry: Registry
  readonly http: Http
  /** A folder of its own; DOCKER_CONFIG and PATH point to it. */
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** What was masked. */
  readonly masked: readonly string[]
  /** `127.0.0.1:PORT/org/shop` */
  readonly repository: string
}

export interface WorldOptions extends RegistryOptions {
  /** The docker configuration; HOST stands for the registry's. */
  readonly login?: object
  /** Programs on the PATH: a shell script each. */
  readonly programs?: Readonly<Record<string, string>>
  /** Where the docker configuration has nothing. */
  readonly fallback?: Credentials
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const server = await startRegistry(options)
  const folder = mkdtempSync(join(tmpdir(), 'artifact-'))
  if (options.login !== undefined)
    writeFileSync(join(folder, 'config.json'), JSON.stringify(options.login).replaceAll('HOST', server.host))
  for (const [name, script] of Object.entries(options.programs ?? {})) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  const http = createHttp({ clock, random: () => 0 })
  const env = { DOCKER_CONFIG: folder, PATH: `${folder}:/usr/bin:/bin`, HOME: folder }
  const masked: string[] = []
  const repository = `${server.host}/org/shop`
  const registry = openRegistry(repository, {
    http,
    clock,
    env,
    signal: new AbortController().signal,
    mask: (secrets) => masked.push(...secrets),
    ...(options.fallback === undefined ? {} : { fallback: options.fallback }),
  })
  return {
    server,
    registry,
    http,
    folder,
    env,
    masked,
    repository,
    [Symbol.asyncDispose]: async () => {
      http.close()
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A blob of text, in pieces. */
export function blobOf(text: string): BlobContent {
  const bytes = Buffer.from(text)
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    open: async function* () {
      for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
    },
  }
}
