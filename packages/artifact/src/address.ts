import { isIP } from 'node:net'

/** Where an image's manifests are served. */
export interface RegistryAddress {
  /** As written in the image, or `docker.io`. */
  readonly host: string
  /** `https://registry-1.docker.io`, without a trailing slash. */
  readonly url: string
  /** The name under `/v2/`: `library/nginx`. */
  readonly name: string
}

/**
 * The registry of a repository: a first part with a dot, a port or `localhost` is a host, anything else is on Docker
 * Hub. This machine is spoken to by plain HTTP, as docker does.
 */
export function registryOf(repository: string): RegistryAddress {
  const [first = '', ...rest] = repository.split('/')
  const hosted = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const host = hosted ? first : 'docker.io'
  const name = hosted ? rest.join('/') : repository
  if (host === 'docker.io' || host === 'index.docker.io') {
    return {
      host: 'docker.io',
      url: 'https://registry-1.docker.io',
      name: name.includes('/') ? name : `library/${name}`,
    }
  }
  return { host, url: `${isLoopback(host) ? 'http' : 'https'}://${host}`, name }
}

/** `localhost`, `localhost:5000`, `127.0.0.1:5000` */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || (isIP(name) === 4 && name.startsWith('127.'))
}
