/** What a registry asks for with 401: https://distribution.github.io/distribution/spec/auth/token/ */
export type Challenge =
  | {
      readonly kind: 'bearer'
      readonly realm: string
      readonly service: string | undefined
      readonly scope: string | undefined
    }
  | { readonly kind: 'basic' }

/** Reads `WWW-Authenticate`; undefined when it asks for something else. */
export function parseChallenge(header: string): Challenge | undefined {
  if (/^\s*basic\b/i.test(header)) return { kind: 'basic' }
  const bearer = /\bbearer\s+(.*)$/is.exec(header)
  if (bearer === null) return undefined
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, bare] of (bearer[1] ?? '').matchAll(
    /([a-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/gi,
  )) {
    parameters.set(name.toLowerCase(), quoted ?? bare ?? '')
  }
  const realm = parameters.get('realm')
  if (realm === undefined) return undefined
  return { kind: 'bearer', realm, service: parameters.get('service'), scope: parameters.get('scope') }
}
