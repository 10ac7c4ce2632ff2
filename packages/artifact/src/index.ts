export { readDockerConfig, type Credentials } from './docker-config.ts'
export { resolveDigest, type ResolveOptions, type Resolved } from './resolve-digest.ts'
