/** What hand-written parts take from the sources: `<!-- generated: role -->` on a line of its own. */
import { renderRole } from '../../packages/kubernetes/src/role.ts'
import { attained, capacity } from '../../packages/release/src/canary/capacity.ts'

const BLOCKS: Readonly<Record<string, () => string>> = {
  role: () => roleBlock(['always', 'httproute', 'autoscaler', 'manifests', 'gates']),
  'switch-role': () =>
    roleBlock(['always', 'httproute', 'bluegreen', 'autoscaler', 'budgets', 'manifests', 'gates']),
  'rollback-role': () =>
    roleBlock(['always', 'httproute', 'bluegreen', 'autoscaler', 'budgets', 'hooks', 'gates']),
  attained: attainedTable,
}

/** What one action may use; the rest of the Role is other actions'. */
function roleBlock(uses: Parameters<typeof renderRole>[1]): string {
  return `\`\`\`yaml\n${renderRole('release-actions', uses).trim()}\n\`\`\``
}

/** @throws Error for a block that there is not */
export function fillBlocks(text: string): string {
  return text.replace(/^<!-- generated: (.+) -->$/gm, (marker, name: string) => {
    const block = BLOCKS[name]
    if (block === undefined)
      throw new Error(`there is no block ${name}; there are ${Object.keys(BLOCKS).join(', ')}`)
    return `${marker}\n\n${block()}`
  })
}

/** The share that whole pods behind one Service give, by the weight that was asked for. */
function attainedTable(): string {
  const weights = [5, 10, 25, 50]
  const row = (stable: number): string => {
    const cells = weights.map((weight) => {
      const pods = capacity('replicas', weight, stable)
      return `${Number(attained('replicas', weight, stable).toFixed(1))} % (${pods} of ${pods + stable})`
    })
    return `| ${stable} | ${cells.join(' | ')} |`
  }
  const head = ['stable pods', ...weights.map((weight) => `\`${weight}\``)]
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => '---').join('|')}|`,
    ...[1, 2, 4, 10, 20].map(row),
  ].join('\n')
}
