import { reading, sourceError, type AlertsSource, type Note } from '@release-actions/judge'
import { inTime } from '../in-time.ts'
import type { GateSource } from '../source.ts'
import { isRecord, type Ask } from './api.ts'

/**
 * How many of the named alerts fire. A name that no alerting rule has would never fire and always pass, so it is an
 * error: the rules are asked for once.
 */
export function alertsSource(source: AlertsSource, ask: Ask): GateSource {
  const patterns = source.alerts.map((name) => new RegExp(`^(?:${name})$`))
  let known = false
  return {
    async sample(_track, look) {
      const notes: Note[] = []
      if (!known) {
        const rules = await ask('/api/v1/rules?type=alert', look)
        if (rules.kind === 'error' && rules.reason !== 'source-error') return rules
        if (rules.kind === 'error') {
          notes.push({
            reason: 'warning',
            detail: `the alerting rules are not shown, so the names are not checked (${rules.detail})`,
          })
        } else {
          const names = ruleNames(rules.data)
          const [missing] = inTime(() =>
            source.alerts.filter((_, i) => !names.some((name) => patterns[i]?.test(name))),
          )
          if (missing !== undefined) {
            return sourceError(
              'unknown-alert',
              `no alerting rule is called ${missing}; there are ${names.slice(0, 20).join(', ') || 'none'}`,
            )
          }
        }
      }
      const answer = await ask('/api/v1/alerts', look)
      if (answer.kind === 'error') return answer
      known = true
      const alerts = isRecord(answer.data) ? answer.data['alerts'] : undefined
      if (!Array.isArray(alerts)) return sourceError('source-error', 'the answer holds no list of alerts')
      const firing = alerts
        .filter(isRecord)
        .filter((alert) => alert['state'] === 'firing')
        .map(nameOf)
      const ours = inTime(() => firing.filter((name) => patterns.some((pattern) => pattern.test(name))))
      if (ours.length > 0)
        notes.push({ reason: 'output', detail: `firing: ${[...new Set(ours)].join(', ')}` })
      return reading(ours.length, [...notes, ...answer.notes])
    },
  }
}

function nameOf(alert: Readonly<Record<string, unknown>>): string {
  const labels = alert['labels']
  return isRecord(labels) ? String(labels['alertname'] ?? '') : ''
}

function ruleNames(data: unknown): readonly string[] {
  const groups = isRecord(data) && Array.isArray(data['groups']) ? data['groups'].filter(isRecord) : []
  const rules = groups.flatMap(({ rules: list }) => (Array.isArray(list) ? list.filter(isRecord) : []))
  return [...new Set(rules.filter(({ type }) => type === 'alerting').map(({ name }) => String(name)))]
}
