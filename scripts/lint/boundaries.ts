/**
 * The ESLint rule that holds the direction of imports: `actions → action-kit, adapters → ports → release, judge
 * → values`. It looks at source files only (`packages/<name>/src`, `actions/<name>/src`): tests and scripts may
 * import anything.
 */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import type { Rule, Scope } from 'eslint'

interface Part {
  /** Packages of ours that it may import. */
  readonly imports: readonly string[]
  /** No I/O, no clock, no chance: no module of Node's, and none of the globals that stand for them. */
  readonly pure?: true
}

const CORE = ['values', 'release', 'judge', 'ports']
const ADAPTER: Part = { imports: [...CORE, 'http', 'process'] }
const PARTS: Readonly<Record<string, Part>> = {
  values: { imports: [], pure: true },
  release: { imports: ['values'], pure: true },
  judge: { imports: ['values'], pure: true },
  config: { imports: ['values', 'judge'], pure: true },
  ports: { imports: ['values', 'release', 'judge'], pure: true },
  engine: { imports: CORE },
  http: { imports: CORE },
  process: { imports: CORE },
  github: ADAPTER,
  kubernetes: ADAPTER,
  metrics: ADAPTER,
  artifact: ADAPTER,
  'action-kit': { imports: [...CORE, 'config'] },
  'action-world': {
    imports: [...CORE, 'http', 'engine', 'github', 'kubernetes', 'metrics', 'artifact', 'action-kit'],
  },
}
/** Actions, and the lab, which is not part of what users run. Nothing imports the lab. */
const ANYTHING: Part = { imports: Object.keys(PARTS) }

const NODE: ReadonlySet<string> = new Set(builtinModules)
/** Globals that do I/O, tell the time or draw a number; a member alone where only that member does. */
const IMPURE: ReadonlyMap<string, readonly string[] | undefined> = new Map([
  ['process', undefined],
  ['console', undefined],
  ['fetch', undefined],
  ['performance', undefined],
  ['crypto', undefined],
  ['setTimeout', undefined],
  ['setInterval', undefined],
  ['setImmediate', undefined],
  ['Date', ['now']],
  ['Math', ['random']],
])

export const boundaries: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      direction: '{{part}} may import {{allowed}} of our packages, not {{target}} (CONTRIBUTING.md)',
      outside: 'import another package by its name, not by a path that leaves {{part}}',
      node: '{{part}} is pure: no {{target}}; take what it gives through a port (CONTRIBUTING.md)',
      global: '{{part}} is pure: no {{target}}; take it as an argument or through the Clock port',
    },
  },
  create(context) {
    const home = homeOf(context.filename.replaceAll('\\', '/'))
    if (home === undefined) return {}
    const { part, file } = home
    const rules = PARTS[part] ?? (file.startsWith('actions/') || part === 'lab' ? ANYTHING : { imports: [] })

    const check = (node: Rule.Node, target: unknown): void => {
      if (typeof target !== 'string') return
      const report = (messageId: string): void => {
        const allowed = rules.imports.length === 0 ? 'none' : rules.imports.join(', ')
        context.report({ node, messageId, data: { part, target, allowed } })
      }
      const ours = /^@release-actions\/([^/]+)/.exec(target)?.[1]
      if (ours !== undefined && ours !== part && !rules.imports.includes(ours)) report('direction')
      if (target.startsWith('.') && homeOf(posix.join(posix.dirname(file), target))?.part !== part)
        report('outside')
      if (rules.pure === true && (target.startsWith('node:') || NODE.has(target))) report('node')
    }

    return {
      ImportDeclaration: (node) => check(node, node.source.value),
      ExportNamedDeclaration: (node) => check(node, node.source?.value),
      ExportAllDeclaration: (node) => check(node, node.source.value),
      ImportExpression: (node) => check(node, node.source.type === 'Literal' ? node.source.value : undefined),
      'Program:exit': (program) => {
        if (rules.pure !== true) return
        for (const { identifier } of globalReferences(context.sourceCode.getScope(program))) {
          const members = IMPURE.get(identifier.name)
          if (!IMPURE.has(identifier.name)) continue
          const parent = (identifier as Rule.Node).parent as Rule.Node | undefined
          if (members !== undefined && !isMember(parent, members) && !isBareNew(parent)) continue
          context.report({ node: identifier, messageId: 'global', data: { part, target: identifier.name } })
        }
      },
    }
  },
}

/** References to what the file does not declare: names unknown to ESLint, and those of the language itself. */
function globalReferences(scope: Scope.Scope): readonly Scope.Reference[] {
  const known = scope.variables.filter(({ defs }) => defs.length === 0)
  return [...scope.through, ...known.flatMap(({ references }) => references)]
}

/** The package or action whose source the file is, and its path from the repository. */
function homeOf(path: string): { readonly part: string; readonly file: string } | undefined {
  const found = /(?:^|\/)((?:packages|actions)\/([^/]+)\/src(?:\/.*)?)$/.exec(path)
  return found?.[1] === undefined || found[2] === undefined ? undefined : { part: found[2], file: found[1] }
}

function isMember(node: Rule.Node | undefined, members: readonly string[]): boolean {
  return (
    node?.type === 'MemberExpression' &&
    node.property.type === 'Identifier' &&
    members.includes(node.property.name)
  )
}

/** `new Date()` tells the time; `new Date(given)` does not. */
function isBareNew(node: Rule.Node | undefined): boolean {
  return node?.type === 'NewExpression' && node.arguments.length === 0
}
