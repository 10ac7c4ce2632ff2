import type { ScalarTag, Tags } from 'yaml'

/**
 * The documents of a manifest as kubectl reads them. It takes over from YAML 1.1 that `defaultMode: 0400` is octal, that
 * `<<` merges and that `yes` is true; what looks like a time or a date stays text.
 * @throws Error whose first line says what is wrong, and where
 */
export async function parseManifest(text: string): Promise<readonly unknown[]> {
  const { parseAllDocuments } = await import('yaml')
  const documents = parseAllDocuments(text, { merge: true, customTags: (tags) => [...OF_YAML_1_1, ...tags] })
  if (!Array.isArray(documents)) return []
  return documents.map((document): unknown => {
    const [problem] = document.errors
    if (problem !== undefined) throw problem
    // Throws for an anchor that is not there, or that is used too often to be meant.
    return document.toJS()
  })
}

const INT = 'tag:yaml.org,2002:int'
const BOOL = 'tag:yaml.org,2002:bool'

const OF_YAML_1_1: Tags = [
  plain(INT, /^[-+]?0[0-7]+$/, (text) => parseInt(text, 8)),
  plain(BOOL, /^(?:[yY]|[yY]es|YES|[oO]n|ON)$/, () => true),
  plain(BOOL, /^(?:[nN]|[nN]o|NO|[oO]ff|OFF)$/, () => false),
]

/** What an unquoted text of this form means. */
function plain(tag: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag {
  return { tag, test, resolve, default: true }
}
