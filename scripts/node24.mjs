// Runs a script of this repository under Node 24, which is what the GitHub runner has, and installs the
// repository's packages first where they are missing or stale. Plain JavaScript for Node 18 and later: it is
// the one file that an older Node reads.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const WANTED = 24

install()
run(node24(), process.argv.slice(2))

/** `npm ci` when node_modules is missing or was made from another lockfile. */
function install() {
  const stamp = join(root, 'node_modules', '.release-actions-lock')
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.error('Installing packages (npm ci) …')
  const npm = process.env.npm_execpath
  const [command, args] = npm && /\.c?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []]
  const done = spawnSync(
    command,
    [...args, 'ci', '--include=dev', '--include=optional', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', process.stderr, process.stderr],
      shell: process.platform === 'win32' && command === 'npm',
    },
  )
  if (done.status !== 0) {
    console.error('npm ci failed; the messages above say why.')
    process.exit(done.status ?? 1)
  }
  writeFileSync(stamp, lock)
}

/** The path of a Node 24: this one, or the one that an optional npm package brought. */
function node24() {
  if (Number(process.versions.node.split('.')[0]) === WANTED) return process.execPath
  const { platform, arch } = process
  const require = createRequire(join(root, 'package.json'))
  for (const name of [`node-${platform}-${arch}`, `node-bin-${platform}-${arch}`]) {
    try {
      return join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'node')
    } catch {
      // The next name, or the message below.
    }
  }
  console.error(
    `This needs Node ${WANTED}, which GitHub's runners have; this is Node ${process.versions.node}, and npm ` +
      `carries no Node ${WANTED} for ${platform}-${arch} that we use. Install Node ${WANTED} and run it again.`,
  )
  return process.exit(1)
}

function run(node, args) {
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? ''}` }
  // What Node says of its own features is not for whoever asks for a demo.
  const quiet = '--disable-warning=ExperimentalWarning'
  const child = spawn(node, [quiet, ...args], { cwd: root, stdio: 'inherit', env })
  // Ctrl-C reaches the child by itself (same process group); wait for it so that it can clean up.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)))
}
