#!/usr/bin/env node
// A docker for tests: it builds an image of the context's files, and pushes it to a registry on loopback. What it was
// asked is in $FAKE_DOCKER/calls, one JSON array a line. FAKE_DOCKER_BUILDX=1: it has buildx. FAKE_DOCKER_LAYER: a file
// that is the layer, instead of the context. FAKE_DOCKER_PUSH=MS: so long a push takes before its tag is put.
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'

const home = process.env.FAKE_DOCKER
const args = process.argv.slice(2)
appendFileSync(join(home, 'calls'), `${JSON.stringify(args)}\n`)
mkdirSync(join(home, 'images'), { recursive: true })

const digestOf = (content) => `sha256:${createHash('sha256').update(content).digest('hex')}`
const fileOf = (name) => join(home, 'images', createHash('sha256').update(name).digest('hex'))
const valuesOf = (flag) => args.flatMap((arg, at) => (arg === flag ? [args[at + 1]] : []))

function filesIn(folder, root = folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name)
      return statSync(path).isDirectory()
        ? filesIn(path, root)
        : [[relative(root, path), readFileSync(path, 'utf8')]]
    })
}

function fail(text, code = 1) {
  console.error(text)
  process.exit(code)
}

async function build() {
  const dockerfile = readFileSync(valuesOf('--file')[0], 'utf8')
  console.log('Step 1/1 : FROM scratch')
  const order = /^# (SLEEP|FAIL|SAY) ?(.*)$/m.exec(dockerfile)
  if (order?.[1] === 'SLEEP') await new Promise((done) => setTimeout(done, Number(order[2])))
  if (order?.[1] === 'FAIL') fail(order[2])
  if (order?.[1] === 'SAY') console.log(order[2])
  const given = process.env.FAKE_DOCKER_LAYER
  // One character a byte, so that it can be kept as text.
  const layer =
    given === undefined
      ? JSON.stringify({ files: filesIn(args.at(-1)), args: valuesOf('--build-arg') })
      : readFileSync(given, 'latin1')
  const labels = Object.fromEntries(valuesOf('--label').map((label) => label.split(/=(.*)/s).slice(0, 2)))
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: labels },
    rootfs: { type: 'layers', diff_ids: [digestOf(Buffer.from(layer, 'latin1'))] },
    history: [{ created_by: 'COPY . /' }, { created_by: 'ENV A=b', empty_layer: true }],
    // The classic builder writes when it was: two builds of the same are two images.
    ...(process.env.FAKE_DOCKER_TIMES === '1' ? { created: new Date().toISOString() } : {}),
  })
  const image = JSON.stringify({ layer, config })
  for (const tag of valuesOf('--tag')) writeFileSync(fileOf(tag), image)
  for (const iid of valuesOf('--iidfile')) writeFileSync(iid, digestOf(config))
  const output = /name=([^,]+)/.exec(valuesOf('--output')[0] ?? '')?.[1]
  const pushed = output === undefined ? undefined : await upload(output, undefined, image)
  for (const path of valuesOf('--metadata-file'))
    writeFileSync(path, JSON.stringify({ 'containerimage.digest': pushed ?? digestOf(config) }))
}

async function upload(repository, tag, image) {
  const { layer, config } = JSON.parse(image)
  const [host, ...path] = repository.split('/')
  const base = `http://${host}/v2/${path.join('/')}`
  const contents = [Buffer.from(layer, 'latin1'), Buffer.from(config)]
  for (const content of contents) {
    const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' })
    if (begun.status !== 202) fail(`denied: requested access to the resource is denied (${begun.status})`)
    const session = new URL(begun.headers.get('location'), base)
    session.searchParams.set('digest', digestOf(content))
    await fetch(session, { method: 'PUT', body: content })
  }
  const described = (content, mediaType) => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
  })
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: described(contents[1], 'application/vnd.docker.container.image.v1+json'),
    layers: [described(contents[0], 'application/vnd.docker.image.rootfs.diff.tar.gzip')],
  })
  const slow = Number(process.env.FAKE_DOCKER_PUSH ?? '0')
  if (slow > 0) console.log('The push refers to repository')
  await new Promise((done) => setTimeout(done, slow))
  await fetch(`${base}/manifests/${tag ?? digestOf(manifest)}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: manifest,
  })
  return digestOf(manifest)
}

switch (args[0]) {
  case 'buildx':
    if (process.env.FAKE_DOCKER_BUILDX !== '1') fail("docker: 'buildx' is not a docker command.")
    if (args[1] === 'build') await build()
    if (args[1] === 'inspect') console.log('Driver: docker-container')
    break
  case 'build':
    await build()
    break
  case 'tag':
    writeFileSync(fileOf(args[2]), readFileSync(fileOf(args[1])))
    break
  case 'push': {
    if (!existsSync(fileOf(args[1]))) fail(`An image does not exist locally with the tag: ${args[1]}`)
    const at = args[1].lastIndexOf(':')
    await upload(args[1].slice(0, at), args[1].slice(at + 1), readFileSync(fileOf(args[1]), 'utf8'))
    break
  }
  case 'image':
    break
  default:
    fail(`the fake docker does not know ${args.join(' ')}`)
}
