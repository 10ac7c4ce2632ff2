import type { Gate } from './gate.ts'
import { templatesOf, type TemplateName } from './templates.ts'

/** The gate looks at pods of the workload: it means nothing without one. */
export function looksAtPods(gate: Gate): boolean {
  const { source } = gate
  switch (source.kind) {
    case 'scrape':
    case 'kubernetes':
      return true
    case 'http':
      return source.target.kind === 'pods'
    case 'prometheus':
      return namesIn(gate).includes('pods')
    case 'alerts':
    case 'json':
    case 'run':
      return false
  }
}

/** The gate is sampled through the cluster's API server. */
export function reachesCluster(gate: Gate): boolean {
  const { source } = gate
  const byService =
    (source.kind === 'prometheus' || source.kind === 'alerts') && source.server.kind === 'service'
  return byService || looksAtPods(gate)
}

/** The templates that the gate's texts use. */
export function namesIn({ source }: Gate): readonly TemplateName[] {
  switch (source.kind) {
    case 'http':
      return namesOf(source.target.kind === 'url' ? source.target.url : source.target.path)
    case 'prometheus':
      return namesOf(source.query)
    case 'json':
      return source.at.kind === 'url' ? namesOf(source.at.url) : []
    case 'scrape':
    case 'alerts':
    case 'kubernetes':
    case 'run':
      return []
  }
}

function namesOf(text: string): readonly TemplateName[] {
  const found = templatesOf(text)
  return found.ok ? found.names : []
}
