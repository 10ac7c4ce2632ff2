export { readDockerConfig, type Credentials } from './docker-config.ts'
export { openRegistry, type RegistryOptions } from './registry/client.ts'
export { resolveDigest, type ResolveOptions, type Resolved } from './resolve-digest.ts'
