import type { Color } from '@release-actions/release'
import { rewriteSelectors } from '../canary/template.ts'
import { COLOR } from '../names.ts'
import type { Labels, LabelSelector, PodTemplate } from '../objects.ts'
import { selectorMatches } from '../selectors.ts'

/**
 * A pod template as a colour runs it: with our label, and with every (anti-)affinity and topology-spread selector that
 * means just these pods meaning those of the colour: the other colour's pods must not keep them off a node.
 * @param selector the user's Deployment's: what tells its pods from all others
 */
export function coloured(template: PodTemplate, color: Color, selector: LabelSelector): PodTemplate {
  const labels = template.metadata?.labels ?? {}
  const pairs = Object.entries(selector.matchLabels ?? {})
  // One that also means other pods (all of a tier) says where those are, and keeps doing so.
  const meansOnlyThem = (term: LabelSelector): boolean =>
    selectorMatches(term, labels) &&
    pairs.length > 0 &&
    pairs.every(([key, value]) => term.matchLabels?.[key] === value)
  return {
    ...template,
    metadata: { ...template.metadata, labels: { ...labels, [COLOR]: color } },
    ...(template.spec !== undefined && {
      spec: rewriteSelectors(template.spec, (term) =>
        term === undefined || !meansOnlyThem(term)
          ? term
          : { ...term, matchLabels: { ...term.matchLabels, [COLOR]: color } },
      ),
    }),
  }
}

/** The other way: in the terms of the user's own Deployment. */
export function uncoloured(template: PodTemplate): PodTemplate {
  return {
    ...template,
    metadata: { ...template.metadata, labels: without(template.metadata?.labels ?? {}) },
    ...(template.spec !== undefined && {
      spec: rewriteSelectors(template.spec, (term) =>
        term?.matchLabels?.[COLOR] === undefined ? term : { ...term, matchLabels: without(term.matchLabels) },
      ),
    }),
  }
}

/** Labels, or a Service's selector, in the terms of the user's own objects. */
export function without(labels: Labels): Labels {
  const { [COLOR]: _color, ...rest } = labels
  return rest
}
