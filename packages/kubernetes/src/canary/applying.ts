import { serverError } from '@release-actions/http'
import { Conflict, Forbidden, ReleaseError, wholeOf } from '@release-actions/values'
import type { Client } from '../client.ts'
import { type AnyObject, type ConfigMap, type ResourceType, RESOURCES, type Secret } from '../objects.ts'
import { type RoleRule, roleRules, ruleFor } from '../role.ts'
import { jsonOf } from '../status-errors.ts'
import type { Manifests } from './manifests.ts'

/** What the first look says of the user's manifests. */
export interface ManifestLook {
  readonly refused: readonly string[]
  readonly warnings: readonly string[]
  /** What the Role must allow for them. */
  readonly rules: readonly Omit<RoleRule, 'when'>[]
}

/** The user's other objects: looked at before, ConfigMaps and Secrets created first, the rest applied at promotion. */
export interface Applying {
  /** @throws ReleaseError for a kind that the cluster does not know */
  typeOf(object: AnyObject): Promise<ResourceType>
  look(): Promise<ManifestLook>
  /** Creates the ConfigMaps and Secrets that are not there. */
  createConfigs(): Promise<void>
  /** @param held before each of them: throws once a later claim has taken over */
  applyOthers(held: () => Promise<unknown>): Promise<void>
}

/** @param kept objects that a release holds itself, as `Kind/name`: not applied */
export function createApplying(client: Client, manifests: Manifests, kept: ReadonlySet<string>): Applying {
  const types = new Map<string, Promise<ReadonlyMap<string, KnownKind>>>()
  const label = (object: AnyObject): string => `${object.kind}/${object.metadata?.name}`
  const others = manifests.others.filter((object) => !kept.has(label(object)))

  /** From the API's own list. */
  function kindsOf(group: string, version: string): Promise<ReadonlyMap<string, KnownKind>> {
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
    const known = types.get(path)
    if (known !== undefined) return known
    const asked = client.raw({ method: 'GET', path }).then((answer) => {
      const what = `list the kinds of ${group === '' ? version : `${group}/${version}`}`
      const failure = serverError(answer, what)
      if (failure !== undefined) throw failure
      if (answer.status !== 200) return new Map<string, KnownKind>()
      const { resources = [] } = jsonOf<{ resources?: readonly ({ kind: string } & KnownKind)[] }>(
        answer,
        what,
      )
      return new Map(
        resources.filter(({ name }) => !name.includes('/')).map(({ kind, ...known }) => [kind, known]),
      )
    })
    types.set(path, asked)
    // One that was not answered is asked again by the next who wants to know.
    asked.catch(() => types.delete(path))
    return asked
  }

  async function typeOf(object: AnyObject): Promise<ResourceType> {
    const [version = '', group = ''] = (object.apiVersion ?? '').split('/').reverse()
    const known = (await kindsOf(group, version)).get(object.kind ?? '')
    if (known === undefined) {
      throw new ReleaseError(
        'invalid-input',
        `manifests: the cluster knows no ${object.kind} of ${object.apiVersion}`,
      )
    }
    if (known.namespaced) return { group, version, plural: known.name }
    throw new ReleaseError(
      'invalid-input',
      `manifests: ${label(object)} belongs to no namespace, and a release applies only what is in its own`,
      { fix: [`apply ${label(object)} before the release, and leave it out of the manifests`] },
    )
  }

  /** @returns why the server would not take it at the promotion, when the new version already serves */
  async function dryRun(object: AnyObject, type: ResourceType): Promise<readonly string[]> {
    try {
      await client.apply(type, object, { dryRun: true, force: true })
      return []
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error
      const { code } = error
      if (code !== 'invalid-input' && code !== 'forbidden' && code !== 'conflict') throw error
      const said = wholeOf(error)
      // A webhook with side effects is asked for the first time when it counts.
      if (/not support dry ?run/i.test(said)) return []
      return [`${label(object)} of the manifests could not be applied: ${withoutValues(said)}`]
    }
  }

  return {
    typeOf,

    async look() {
      const configs = await Promise.all(manifests.configs.map((object) => compareConfig(client, object)))
      const found = await Promise.all(
        others.map(async (object) => {
          const type = await typeOf(object)
          return { rule: ruleFor(type, ['create', 'patch']), refused: await dryRun(object, type) }
        }),
      )
      return {
        refused: [
          ...configs.flatMap((each) => (each.kind === 'changed' ? [each.why] : [])),
          ...twice(manifests.configs).map(
            (name) =>
              `${name} is in the manifests twice, with different contents: only one of them can be created`,
          ),
          ...found.flatMap(({ refused }) => refused),
        ],
        warnings: [
          ...configs.flatMap((each) => (each.kind === 'unseen' ? [each.why] : [])),
          ...manifests.others
            .filter((object) => kept.has(label(object)))
            .map(
              (object) =>
                `${label(object)} of the manifests is not applied: a release changes it itself; apply it between releases`,
            ),
        ],
        rules: [...configRules(manifests.configs), ...found.map(({ rule }) => rule)],
      }
    },

    async createConfigs() {
      for (const object of manifests.configs) {
        try {
          if (object.kind === 'Secret') await client.create('Secret', object as Secret)
          else await client.create('ConfigMap', object as ConfigMap)
        } catch (error) {
          // It exists: the first look held that it is the same.
          if (!(error instanceof Conflict)) throw error
        }
      }
    },

    async applyOthers(held) {
      for (const object of others) {
        const type = await typeOf(object)
        await held()
        await client.apply(type, object, { force: true })
      }
    },
  }
}

/** Of an API's list of resources. `name`: the plural one. */
interface KnownKind {
  readonly name: string
  readonly namespaced: boolean
}

/** The server quotes an immutable field whole: a pod template would bury the reason. */
function withoutValues(text: string): string {
  return text.replace(/Invalid value: \S*[{[].{100,}[}\]]: /gs, '')
}

/** Those that are there a second time, and not as before. */
function twice(configs: readonly AnyObject[]): readonly string[] {
  const first = new Map<string, string>()
  return configs.flatMap((object) => {
    const name = `${object.kind} ${object.metadata?.name}`
    const now = contents(object)
    const before = first.get(name) ?? now
    first.set(name, before)
    return before === now ? [] : [name]
  })
}

/** Of ConfigMaps and Secrets what their creation takes, and nothing for a kind that is not in the manifests. */
function configRules(configs: readonly AnyObject[]): readonly Omit<RoleRule, 'when'>[] {
  const kinds = (['ConfigMap', 'Secret'] as const).filter((kind) =>
    configs.some((object) => object.kind === kind),
  )
  const resources = kinds.map((kind) => RESOURCES[kind].plural)
  return roleRules(['manifests']).filter(({ resource }) => resources.includes(resource))
}

type Compared =
  { readonly kind: 'new' | 'same' } | { readonly kind: 'changed' | 'unseen'; readonly why: string }

/** One changed under its old name would be read by the stable too, as soon as one of its pods restarts. */
export async function compareConfig(client: Client, object: AnyObject): Promise<Compared> {
  const kind = object.kind === 'Secret' ? 'Secret' : 'ConfigMap'
  const name = object.metadata?.name ?? ''
  try {
    const there = await client.findAny(RESOURCES[kind], kind, name)
    if (there === undefined) return { kind: 'new' }
    if (contents(there) === contents(object)) return { kind: 'same' }
  } catch (error) {
    if (!(error instanceof Forbidden)) throw error
    const why = `${kind} ${name} may not be read: if it exists and has changed, the change is not applied; give a changed one a new name`
    return { kind: 'unseen', why }
  }
  return {
    kind: 'changed',
    why: `${kind} ${name} has changed under its old name: the stable would read it too; give it a new name (a hash at its end) and refer to that`,
  }
}

function contents(object: AnyObject): string {
  const { data, binaryData, stringData, type } = object as Secret & ConfigMap
  const plain = Object.entries(stringData ?? {}).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ])
  const all = { ...data, ...binaryData, ...Object.fromEntries(plain) }
  const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([object.kind === 'Secret' ? (type ?? 'Opaque') : '', sorted])
}
