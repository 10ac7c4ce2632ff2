import type { ImageContent } from '@release-actions/artifact'
import type { CheckReport } from '@release-actions/ports'
import { markdownCode, markdownFold, markdownLine, markdownTable } from '@release-actions/values'
import type { SbomFile } from './sbom-file.ts'
import { elapsed, type StageTime } from './stages.ts'

/** Rows of one platform's layers; an image of more is unusual, and its small ones say little. */
const MOST_LAYERS = 40
const MOST_LINE = 90

/** All that is known of an artifact once it is made. */
export interface Artifact {
  readonly service: string
  readonly type: 'image' | 'file'
  /** By which everything after it asks for it: `ghcr.io/org/shop@sha256:…`. */
  readonly name: string
  /** Where people see it; undefined: nowhere on GitHub. */
  readonly page?: string
  readonly version: string
  readonly digest: string
  readonly decision: 'built' | 'unchanged'
  readonly how: string
  readonly contents: readonly ImageContent[]
  /** Bytes, against the release that it is compared with. */
  readonly growth: Growth | undefined
  readonly sbom: SbomFile | undefined
  /** The page of the attestation. */
  readonly signed: string | undefined
  readonly stages: readonly StageTime[]
  readonly warnings: readonly string[]
  readonly runUrl: string
}

export interface Growth {
  /** `1.3.2, the last verified release in production` */
  readonly against: string
  readonly bytes: number
}

/** What a node pulls: of the largest platform. */
export function sizeOf({ contents }: Pick<Artifact, 'contents'>): number {
  return Math.max(0, ...contents.map(({ size }) => size))
}

/** The job summary. */
export function summaryOf(artifact: Artifact): string {
  const sections = [
    `## ${markdownLine(titleOf(artifact))}`,
    factsTable(artifact),
    layersOf(artifact),
    section('Stages', stagesTable(artifact.stages)),
    section('Warnings', artifact.warnings.map((text) => `- ${markdownLine(text)}`).join('\n')),
  ]
  return `${sections.filter((text) => text !== undefined).join('\n\n')}\n`
}

/** The check run on the commit: the same, without what only the run knows. */
export function checkOf(
  artifact: Artifact,
  times: { readonly startedAt: number; readonly completedAt: number },
): CheckReport {
  return {
    name: `artifact / ${artifact.service}`,
    conclusion: 'success',
    title: `${artifact.version}: ${bytes(sizeOf(artifact))}${growthText(artifact.growth)}`,
    summary: [factsTable(artifact), layersOf(artifact), section('Stages', stagesTable(artifact.stages))]
      .filter((text) => text !== undefined)
      .join('\n\n'),
    ...times,
  }
}

function titleOf({ service, version, decision }: Artifact): string {
  return decision === 'built'
    ? `✅ ${service} ${version} is built`
    : `✅ ${service} ${version} exists already`
}

function factsTable(artifact: Artifact): string {
  const { service, name, digest, version, how, page } = artifact
  const rows = [
    ['artifact', page === undefined ? markdownCode(name) : `[${markdownLine(name)}](<${page}>)`],
    ...(name.includes(digest) ? [] : [['digest', markdownCode(digest)]]),
    ['size', `${bytes(sizeOf(artifact))} compressed${growthText(artifact.growth)}`],
    [
      'made of',
      artifact.sbom === undefined
        ? 'not known'
        : markdownLine(`${counted(artifact.sbom.components, 'package')}, from ${artifact.sbom.from}`),
    ],
    ['signed', artifact.signed === undefined ? 'no' : `[provenance](<${artifact.signed}>)`],
    ['how', markdownLine(how)],
  ]
  return markdownTable([markdownLine(service), markdownCode(version)], rows)
}

function layersOf({ contents }: Artifact): string | undefined {
  const tables = contents.map((content) => {
    const shown = content.layers.slice(0, MOST_LAYERS)
    const left = content.layers.length - shown.length
    const rows = shown.map(({ digest, size, madeBy }) => [
      markdownCode(digest.slice(7, 19)),
      bytes(size),
      madeBy === undefined ? '' : markdownCode(cut(madeBy)),
    ])
    const platform = content.platform === undefined ? '' : `${content.platform}, `
    const more = left > 0 ? `\n\n*And ${left} more.*` : ''
    return markdownFold(
      `${platform}${counted(content.layers.length, 'layer')}, ${bytes(content.size)}`,
      `${markdownTable(['layer', 'size', 'made by'], rows)}${more}`,
    )
  })
  return tables.length === 0 ? undefined : tables.join('\n\n')
}

function stagesTable(stages: readonly StageTime[]): string {
  if (stages.length === 0) return ''
  return markdownTable(
    ['stage', 'time'],
    stages.map(({ name, ms }) => [markdownLine(name), elapsed(ms)]),
  )
}

function section(title: string, body: string): string | undefined {
  return body === '' ? undefined : `### ${title}\n\n${body}`
}

function growthText(growth: Growth | undefined): string {
  if (growth === undefined) return ''
  if (growth.bytes === 0) return `, as large as ${markdownLine(growth.against)}`
  const sign = growth.bytes > 0 ? '+' : '−'
  return `, ${sign}${bytes(Math.abs(growth.bytes))} against ${markdownLine(growth.against)}`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > MOST_LINE ? `${line.slice(0, MOST_LINE - 1)}…` : line
}

/** `0 B`, `512 B`, `1.5 kB`, `12.3 MB`: thousands, as registries count. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = count < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  const value = count / 1000 ** power
  return `${power === 0 ? String(value) : value.toFixed(1)} ${units[power] ?? 'B'}`
}
