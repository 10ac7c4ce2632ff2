export { createClaims, type ClaimsOptions, type KubernetesClaims } from './claims.ts'
export { createClient, type Client, type ClientOptions } from './client.ts'
export { connect, type Connection, type ConnectionOptions } from './config/connection.ts'
