/**
 * What runs inside a pod's worker thread, before the program: it makes the thread look like a container.
 * Ports are moved to ephemeral loopback ports that the kubelet is told of, addresses of the cluster lead to loopback
 * ports, absolute paths lead into the container's own folder, and signals arrive as events.
 */
import type { AddressInfo, Server, Socket, TcpNetConnectOpts } from 'node:net'
import type { MessagePort } from 'node:worker_threads'

// Without a value import it runs as a plain script: a thread that loads an ES module takes twice as long to start.
const fs = process.getBuiltinModule('node:fs')
const { createRequire, syncBuiltinESMExports } = process.getBuiltinModule('node:module')
const net = process.getBuiltinModule('node:net')
const os = process.getBuiltinModule('node:os')
const path = process.getBuiltinModule('node:path')
const { pathToFileURL } = process.getBuiltinModule('node:url')
const { parentPort, receiveMessageOnPort, workerData } = process.getBuiltinModule('node:worker_threads')

/** What the kubelet gives a program. */
export interface SandboxData {
  /** The script's path in the container, and its arguments. */
  readonly argv: readonly string[]
  /** The file on this machine that is the script. */
  readonly file: string
  /** The folder on this machine that is the container's `/`. */
  readonly root: string
  readonly hostname: string
  readonly resolver: MessagePort
  /** Wakes the thread when the resolver has answered. */
  readonly wake: SharedArrayBuffer
}
/** A port that the program opened or closed, and the loopback port that is behind it. */
export interface ToKubelet {
  readonly kind: 'listening' | 'closed'
  readonly port: number
  readonly realPort: number
}
export interface ToSandbox {
  readonly kind: 'signal'
  readonly signal: NodeJS.Signals
}
export interface Question {
  readonly host: string
  readonly port: number
}
/** `undefined`: not an address of the cluster; `null`: one where nothing listens. */
export type Answer = number | null | undefined

async function enter(data: SandboxData, kubelet: MessagePort): Promise<void> {
  const tell = (message: ToKubelet): void => {
    kubelet.postMessage(message)
  }
  const listening = moveListeners(tell)
  leadConnections(data, listening)
  leadPaths(data.root)
  os.hostname = () => data.hostname
  process.kill = (_pid: number, signal: string | number = 'SIGTERM') => {
    if (signal === 'SIGKILL' || signal === 9) process.exit(137)
    if (signal !== 0) process.emit(signal as NodeJS.Signals, signal as NodeJS.Signals)
    return true
  }
  syncBuiltinESMExports()
  process.argv = ['/usr/local/bin/node', ...data.argv]
  // A signal waits until the program had time to set its handlers: a thread that starts is not yet a process.
  const late = setTimeout(() => takeSignals(kubelet), 500).unref()
  if (data.file.endsWith('.cjs')) createRequire(data.file)(data.file)
  else await import(pathToFileURL(data.file).href)
  clearTimeout(late)
  takeSignals(kubelet)
}

/** Listens on an ephemeral loopback port for each port that the program asks for. Gives the map asked → real. */
function moveListeners(tell: (message: ToKubelet) => void): Map<number, number> {
  const taken = new Map<number, number>()
  const asked = new WeakMap<Server, number>()
  const listen = net.Server.prototype.listen as (this: Server, ...args: unknown[]) => Server
  net.Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    const port = portOf(args)
    if (port === undefined) return listen.apply(this, args)
    const callback = args.findLast((arg) => typeof arg === 'function') as (() => void) | undefined
    if (port !== 0 && taken.has(port)) {
      const error = Object.assign(new Error(`listen EADDRINUSE: address already in use :::${port}`), {
        code: 'EADDRINUSE',
        errno: -98,
        syscall: 'listen',
        address: '::',
        port,
      })
      process.nextTick(() => this.emit('error', error))
      return this
    }
    this.once('listening', () => {
      const real = (address.call(this) as AddressInfo).port
      const shown = port === 0 ? real : port
      asked.set(this, shown)
      taken.set(shown, real)
      tell({ kind: 'listening', port: shown, realPort: real })
      callback?.()
    })
    return listen.call(this, { port: 0, host: '127.0.0.1' })
  } as typeof net.Server.prototype.listen
  const close = net.Server.prototype.close
  net.Server.prototype.close = function (this: Server, callback?: (error?: Error) => void): Server {
    // A closed listener refuses connections at once, although `close` comes when the last one has ended.
    const port = asked.get(this)
    const realPort = port === undefined ? undefined : taken.get(port)
    if (
      port !== undefined &&
      realPort !== undefined &&
      realPort === (address.call(this) as AddressInfo | null)?.port
    ) {
      taken.delete(port)
      tell({ kind: 'closed', port, realPort })
    }
    return close.call(this, callback)
  }
  const address = net.Server.prototype.address
  net.Server.prototype.address = function (this: Server) {
    const port = asked.get(this)
    return port === undefined ? address.call(this) : { address: '::', family: 'IPv6', port }
  }
  return taken
}

/** The port in any of the ways that `listen` takes it; undefined for a pipe or a handle. */
function portOf([first]: readonly unknown[]): number | undefined {
  if (first === undefined || first === null || typeof first === 'function') return 0
  if (typeof first === 'number') return first
  if (typeof first === 'string') return /^\d+$/.test(first) ? Number(first) : undefined
  if (typeof first !== 'object' || 'path' in first || 'fd' in first || '_handle' in first) return undefined
  return 'port' in first ? Number(first.port ?? 0) : 0
}

/** Leads connections to pods, Services and this pod's own ports to the loopback ports behind them. */
function leadConnections(data: SandboxData, own: ReadonlyMap<number, number>): void {
  const connect = net.Socket.prototype.connect as (this: Socket, ...args: unknown[]) => Socket
  net.Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    const [first] = args
    if (Array.isArray(first)) first[0] = led(first[0] as TcpNetConnectOpts)
    else if (typeof first === 'object' && first !== null) args[0] = led(first as TcpNetConnectOpts)
    else if (typeof first === 'number') {
      const host = typeof args[1] === 'string' ? args[1] : 'localhost'
      args.splice(0, typeof args[1] === 'string' ? 2 : 1, led({ port: first, host }))
    }
    return connect.apply(this, args)
  } as typeof net.Socket.prototype.connect

  function led(options: TcpNetConnectOpts): TcpNetConnectOpts {
    const host = options.host ?? 'localhost'
    const port = Number(options.port)
    if (!Number.isInteger(port)) return options
    const local = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)
    if (!local && !mayBeCluster(host)) return options
    const real = local ? (own.get(port) ?? null) : ask({ host, port })
    // Port 1 of loopback: nothing listens there, so the program sees its connection refused.
    return real === undefined ? options : { ...options, host: '127.0.0.1', port: real ?? 1 }
  }
  function ask(question: Question): Answer {
    const woken = new Int32Array(data.wake)
    Atomics.store(woken, 0, 0)
    data.resolver.postMessage(question)
    Atomics.wait(woken, 0, 0, 5000)
    return (receiveMessageOnPort(data.resolver)?.message as { answer: Answer } | undefined)?.answer
  }
}

function mayBeCluster(host: string): boolean {
  return (
    /^10\./.test(host) ||
    /\.svc(\.cluster\.local)?\.?$/.test(host) ||
    /^[a-z0-9-]+(\.[a-z0-9-]+)?$/.test(host)
  )
}

const ONE_PATH = [
  'access', 'accessSync', 'appendFile', 'appendFileSync', 'createReadStream', 'createWriteStream', 'exists', 'existsSync',
  'lstat', 'lstatSync', 'mkdir', 'mkdirSync', 'open', 'openSync', 'readdir', 'readdirSync', 'readFile', 'readFileSync',
  'rm', 'rmSync', 'stat', 'statSync', 'unlink', 'unlinkSync', 'watch', 'watchFile', 'writeFile', 'writeFileSync',
] // prettier-ignore

/** Leads absolute paths into the container's folder, where that has them or their folder. */
function leadPaths(root: string): void {
  const exists = fs.existsSync
  const lead = (given: unknown): unknown => {
    if (typeof given !== 'string' || !path.isAbsolute(given) || given.startsWith(root)) return given
    const inside = path.join(root, given)
    return exists(inside) || (given !== '/' && exists(path.dirname(inside)) && path.dirname(given) !== '/')
      ? inside
      : given
  }
  for (const owner of [fs, fs.promises] as unknown as Record<string, unknown>[]) {
    for (const name of ONE_PATH) {
      const original = owner[name]
      if (typeof original !== 'function') continue
      owner[name] = function (this: unknown, first: unknown, ...rest: unknown[]): unknown {
        return Reflect.apply(original, this, [lead(first), ...rest])
      }
    }
  }
}

/**
 * Delivers SIGTERM as an event. Without a listener nothing happens: the program is process 1 of its container, for
 * which the kernel ignores signals that have no handler.
 */
function takeSignals(kubelet: MessagePort): void {
  if (kubelet.listenerCount('message') > 0) return
  kubelet.on('message', (message: ToSandbox) => {
    process.emit(message.signal, message.signal)
  })
  kubelet.unref()
}

if (parentPort !== null) void enter(workerData as SandboxData, parentPort)
