/**
 * The esbuild plug-in that keeps the start of an action small. It does three things to the imports of a bundle:
 *
 * 1. Costly Node modules and packages (the lists below) load when one of their members is first read,
 *    although the source imports them statically. `import https from 'node:https'` alone costs a third of the
 *    start of Node; a step that refuses its input never needs it.
 * 2. Packages known to do nothing when imported are marked so, and what is not used of them is left out.
 * 3. Packages that publish ES modules besides CommonJS are taken as ES modules, which can be shaken.
 */
import { builtinModules } from 'node:module'
import type { OnResolveResult, Plugin } from 'esbuild'
import { statSync } from 'node:fs'
import { basename, dirname, relative, resolve } from 'node:path'
import { inRepo, ROOT } from '../lib/repo.ts'

/** Node modules that are not part of Node's own start-up snapshot and take a millisecond or more to load. */
const LAZY_BUILTINS: ReadonlySet<string> = new Set([
  'async_hooks',
  'child_process',
  'crypto',
  'dns',
  'dns/promises',
  'fs/promises',
  'http',
  'http2',
  'https',
  'net',
  'readline',
  'readline/promises',
  'stream/promises',
  'stream/web',
  'tls',
  'worker_threads',
  'zlib',
])

/** Packages that only some paths of their importers need. */
const LAZY_PACKAGES: ReadonlySet<string> = new Set([
  '@actions/exec',
  '@actions/http-client',
  'hpagent',
  'isomorphic-ws',
  'js-yaml',
  'jsonpath-plus',
  'openid-client',
  'socks',
  'socks-proxy-agent',
  'tunnel',
  'ws',
])

/**
 * Packages that are imported, but by nothing that we call: a member of theirs that is read after all says so.
 * undici (760 kB) is client-node's way to the API; of client-node we use the credentials, and our own HTTP client.
 * kerberos is native code that nobody installs with us, for proxies that want Negotiate.
 */
const LEFT_OUT: ReadonlySet<string> = new Set(['undici', 'kerberos'])

/**
 * The same for single files: of whom, and the name by which they import it. Azure's checksum of its own is 100 kB of
 * WebAssembly that looks for its surroundings in a way that no bundler can follow; uploads to a cache use none.
 */
const LEFT_OUT_FILES: readonly (readonly [importer: RegExp, path: string])[] = [
  [/[/\\]@azure[/\\]storage-common[/\\]/, './crc64.js'],
]

/** Packages whose modules only declare things: importing one changes nothing. Checked by reading them. */
const PURE = [
  '@actions/core',
  '@kubernetes/client-node',
  '@octokit/endpoint',
  '@octokit/request',
  '@octokit/request-error',
  'content-type',
  'json-with-bigint',
  'universal-user-agent',
  'yaml',
  'zod',
]
const PURE_PATH = new RegExp(
  `/node_modules/(${PURE.map((name) => name.replaceAll('/', '\\/')).join('|')})/|/(packages|actions)/[^/]+/src/`,
)

/** The ES modules of packages whose entry for Node is CommonJS. */
const ES_MODULES: ReadonlyMap<string, string> = new Map([['yaml', 'node_modules/yaml/browser/index.js']])

const BUILTINS: ReadonlySet<string> = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]))
const OURS = Symbol('resolved by this plug-in')

export const lazy: Plugin = {
  name: 'lazy',
  setup(build) {
    build.onResolve({ filter: /.*/ }, async (args): Promise<OnResolveResult | undefined> => {
      if (args.pluginData === OURS || args.kind === 'entry-point') return undefined
      if (BUILTINS.has(args.path)) {
        const name = args.path.replace(/^node:/, '')
        if (LAZY_BUILTINS.has(name)) return { path: name, namespace: 'lazy-builtin', sideEffects: false }
        if (args.kind === 'require-call') return { path: name, namespace: 'builtin' }
        return { path: `node:${name}`, external: true }
      }
      if (LEFT_OUT.has(args.path) || isLeftOutFile(args)) return { path: args.path, namespace: 'left-out', sideEffects: false }
      if (args.namespace === 'file' && /^\.{1,2}\//.test(args.path)) {
        // Without asking esbuild, which costs a round trip for each of thousands of imports.
        const file = resolve(args.resolveDir, args.path)
        if (!PURE_PATH.test(file.replaceAll('\\', '/'))) return undefined
        if (isFile(file)) return { path: file, sideEffects: false }
      }
      const esModule = ES_MODULES.get(args.path)
      const path = esModule === undefined ? args.path : inRepo(esModule)
      const { importer, resolveDir } = args
      // The require() below stands for the import that it replaced.
      const kind = args.namespace === 'lazy-package' ? 'import-statement' : args.kind
      const found = await build.resolve(path, {
        kind,
        importer,
        resolveDir,
        with: args.with,
        pluginData: OURS,
      })
      if (found.errors.length > 0) return { errors: found.errors }
      if (args.kind === 'import-statement') {
        // Relative: esbuild writes it into the bundle, which must be the same wherever it is built.
        // The sign at the end takes the meaning from `.mjs`: the stand-in is CommonJS whatever the package is.
        const inside = `${relative(ROOT, found.path).replaceAll('\\', '/')}#`
        if (LAZY_PACKAGES.has(args.path)) {
          return { path: inside, namespace: 'lazy-package', sideEffects: false }
        }
      }
      const sideEffects = found.sideEffects && !PURE_PATH.test(found.path.replaceAll('\\', '/'))
      return { path: found.path, namespace: found.namespace, external: found.external, sideEffects }
    })

    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = ${builtin(path)}`,
    }))
    build.onLoad({ filter: /.*/, namespace: 'lazy-builtin' }, ({ path }) => ({
      contents: deferred(builtin(path)),
    }))
    build.onLoad({ filter: /.*/, namespace: 'lazy-package' }, ({ path }) => ({
      contents: deferred(`require(${JSON.stringify(`./${basename(path, '#')}`)})`),
      resolveDir: inRepo(dirname(path)),
    }))
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: deferred(`(() => { throw new Error('${path} is not part of this bundle') })()`),
    }))
  },
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function isLeftOutFile({ importer, path }: { readonly importer: string; readonly path: string }): boolean {
  return LEFT_OUT_FILES.some(([of, name]) => path === name && of.test(importer))
}

function builtin(name: string): string {
  return `process.getBuiltinModule(${JSON.stringify(`node:${name}`)})`
}

/**
 * A module that evaluates `expression` when a member is first read. The members are reached through the
 * prototype because esbuild's interop copies own properties at once, and inherits the others.
 */
function deferred(expression: string): string {
  return `module.exports = Object.create(new Proxy({}, {
    get: (_, key) => key === '__esModule' || key === 'then' ? undefined : (${expression})[key],
    has: (_, key) => key in ${expression},
    set: (_, key, value) => Reflect.set(${expression}, key, value),
  }))`
}
