import { readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { MOST_BYTES, parseConfig, type Config } from '@release-actions/config'
import { InvalidInput, messageOf } from '@release-actions/values'

/**
 * Reads a configuration file of the workspace.
 * @param path from the workspace
 * @throws InvalidInput for a path that leads out of the workspace, for what is no file, and for its mistakes
 */
export async function readConfigFile(workspace: string, path: string): Promise<Config> {
  return parseConfig(textOfFile(workspace, path), path)
}

/** @throws InvalidInput as `readConfigFile`, but for mistakes in the text */
export function textOfFile(workspace: string, path: string): string {
  let file: string
  let root: string
  try {
    root = realpathSync(workspace)
    // A link may lead out as well.
    file = realpathSync(resolve(root, path))
  } catch (cause) {
    throw new InvalidInput('config', path, `a file of the workspace, or none (${messageOf(cause)})`, {
      fix: ['check the repository out before this step'],
      cause,
    })
  }
  const inside = relative(root, file)
  if (inside === '..' || /^\.\.[/\\]/.test(inside) || isAbsolute(inside)) {
    throw new InvalidInput('config', path, 'a file inside the workspace')
  }
  const found = statSync(file)
  if (!found.isFile()) throw new InvalidInput('config', path, 'a file')
  if (found.size > MOST_BYTES) {
    throw new InvalidInput('config', path, `a file of at most ${MOST_BYTES} bytes, not ${found.size}`)
  }
  return readFileSync(file, 'utf8')
}
