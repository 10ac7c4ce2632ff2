/**
 * The file name of a chunk, from where it starts: `node_modules/@kubernetes/client-node/dist/config.js` is
 * client-node-config, `packages/judge/src/x.ts` is judge-x. A nested package has its owner's name before its own.
 */
export function chunkName(source: string): string {
  return source
    .replaceAll('\\', '/')
    .replace(/^.*?(?=(?:node_modules|packages|actions)\/)/, '')
    .replace(/^(?:packages|actions)\//, '')
    .replace(/node_modules\/(?:@[^/]+\/)?/g, '')
    .replace(/\.[cm]?[jt]s$/, '')
    .replace(/\/(?:src|dist|lib|browser)(?=\/|$)/g, '')
    .replace(/\/(?:index|main)$/, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
}
