import { command } from './commands.ts'

/** Hides each text in the log from here on. Empty and very short ones are left: masking `a` would hide every a. */
export function maskCommands(secrets: readonly string[]): readonly string[] {
  return [...new Set(secrets.flatMap((secret) => secret.split(/\r?\n/)).map((line) => line.trim()))]
    .filter((line) => line.length >= 4)
    .map((line) => command('add-mask', line))
}

const CREDENTIAL =
  /(?:token|password|client-key-data|client-secret|secretAccessKey)["']?\s*:\s*["']?([^\s"',}]+)/gi

/**
 * The credentials in a kubeconfig's contents (a path has none). Value by value: to hide every line of it would hide
 * `name: default` all over the log.
 */
export function kubeconfigSecrets(text: string): readonly string[] {
  if (!/(?:apiVersion|clusters)["']?\s*:/.test(text)) return []
  return [...text.matchAll(CREDENTIAL)].flatMap(([, found]) => (found === undefined ? [] : [found]))
}
