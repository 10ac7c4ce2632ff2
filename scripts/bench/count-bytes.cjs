// Loaded into an action with --require: counts the bytes of the bundle's files that it reads before it first talks
// to anybody, and writes the sum into the file that COUNT_BYTES names.
const { subscribe } = require('node:diagnostics_channel')
const { statSync, writeFileSync } = require('node:fs')
const Module = require('node:module')

const file = process.env.COUNT_BYTES
const load = Module._extensions['.js']
let bytes = 0
let counting = true

Module._extensions['.js'] = (module, filename) => {
  if (counting) bytes += statSync(filename).size
  return load(module, filename)
}
subscribe('http.client.request.start', () => (counting = false))
process.on('exit', () => writeFileSync(file, String(bytes)))
