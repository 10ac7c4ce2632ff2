// The jest transform: Node's own type stripping, so that a test runs the code that Node would run. Blanks take
// the place of the types: lines and columns stay, and no source map is needed.
import { createHash } from 'node:crypto'
import { stripTypeScriptTypes } from 'node:module'

export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
  getCacheKey: (source) => createHash('sha256').update(process.version).update(source).digest('hex'),
}
