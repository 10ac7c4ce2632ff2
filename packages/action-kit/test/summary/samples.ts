import type { ReleaseReport } from '../../src/index.ts'

const at = (minute: number, second = 0): number => Date.UTC(2026, 10, 21, 3, minute, second)

const nothing: ReleaseReport = {
  service: 'shop',
  environment: 'production',
  version: '1.4.0',
  decision: 'promoted',
  code: undefined,
  reason: undefined,
  serving: [],
  todo: { kind: 'nothing' },
  gates: [],
  exposure: undefined,
  moves: [],
  split: [],
  pods: [],
  next: [],
  links: [],
  warnings: [],
}

export const PROMOTED: ReleaseReport = {
  ...nothing,
  serving: [
    { version: '1.4.0', share: 100, basis: 'measured', detail: '612 of 612 requests in the last 30s' },
  ],
  gates: [
    {
      outcome: '✅ pass',
      name: 'error rate',
      value: '0.03 %',
      baseline: '0.04 %',
      limit: 'max 1 %, max-delta 1 pp',
      samples: '30 passed',
      why: '',
    },
    {
      outcome: '✅ pass',
      name: 'p99 latency',
      value: '212 ms',
      baseline: '208 ms',
      limit: 'max-increase 20 %',
      samples: '29 passed, 1 without data',
      why: '',
    },
    {
      outcome: '❌ fail (advisory)',
      name: 'coverage',
      value: '88.1',
      baseline: '–',
      limit: 'min 90',
      samples: '1 failed',
      why: '88.1 < 90',
    },
  ],
  exposure: {
    from: at(2),
    to: undefined,
    highestWeight: 100,
    requests: { new: 31_204, all: 64_118, newFailed: 0 },
  },
  moves: [
    { at: at(0, 3), what: 'claimed the workload', detail: 'run 7, fence 12' },
    { at: at(0, 41), what: 'canary ready', detail: '1 of 1 pods' },
    { at: at(2), what: 'weight 5 %', detail: 'seen: 4.8 %' },
    { at: at(7, 2), what: 'weight 25 %', detail: 'seen: 25.3 %' },
    { at: at(12, 5), what: 'weight 50 %', detail: 'seen: 49.7 %' },
    { at: at(17, 9), what: 'weight 100 %', detail: 'seen: 100 %' },
    { at: at(22, 30), what: 'promoted', detail: 'Deployment shop/shop rolled out, 4 of 4 pods' },
  ],
  split: [
    { at: at(2), weight: 5, measured: 4.8 },
    { at: at(7, 2), weight: 25, measured: 25.3 },
    { at: at(12, 5), weight: 50, measured: 49.7 },
    { at: at(17, 9), weight: 100, measured: 100 },
    { at: at(22, 30), weight: 100, measured: 100 },
  ],
  warnings: [
    'Deployment shop/shop has no preStop hook: in-cluster clients may see refused connections while it rolls out',
  ],
}

export const RETREATED: ReleaseReport = {
  ...nothing,
  decision: 'retreated',
  code: 'unhealthy',
  reason: 'gate error rate: 4.2 % is above 1 % (3 of 9 samples failed, 0 are allowed)',
  serving: [
    {
      version: '1.3.2',
      share: 100,
      basis: 'measured',
      detail: '0 of 640 requests in the last 30s reached 1.4.0',
    },
    { version: '1.4.0', share: 0, basis: 'measured' },
  ],
  todo: { kind: 'later', text: 'Fix 1.4.0 and release it again; the next walk begins at 5 %.' },
  gates: [
    {
      outcome: '❌ fail',
      name: 'error rate',
      value: '4.2 %',
      baseline: '0.03 %',
      limit: 'max 1 %',
      samples: '6 passed, 3 failed',
      why: '4.2 % > 1 %',
    },
    {
      outcome: '✅ pass',
      name: 'p99 latency',
      value: '212 ms',
      baseline: '208 ms',
      limit: 'max-increase 20 %',
      samples: '9 passed',
      why: '',
    },
    {
      outcome: '❔ inconclusive',
      name: 'queue | depth',
      value: '–',
      baseline: '–',
      limit: 'max 100',
      samples: '9 without data',
      why: 'no data',
    },
  ],
  exposure: {
    from: at(2),
    to: at(8, 34),
    highestWeight: 25,
    requests: { new: 1_312, all: 12_604, newFailed: 55 },
  },
  moves: [
    { at: at(0, 3), what: 'claimed the workload', detail: 'run 7, fence 12' },
    { at: at(2), what: 'weight 5 %', detail: 'seen: 4.8 %' },
    { at: at(7, 2), what: 'weight 25 %', detail: 'seen: 25.3 %' },
    { at: at(8, 32), what: 'gate failed', detail: 'error rate 4.2 % > 1 %' },
    { at: at(8, 33), what: 'route back', detail: 'seen: no request on 1.4.0 from 03:08:34Z' },
    { at: at(9, 5), what: 'drained, canary deleted' },
  ],
  split: [
    { at: at(2), weight: 5, measured: 4.8 },
    { at: at(7, 2), weight: 25, measured: 25.3 },
    { at: at(8, 33), weight: 0, measured: 0 },
    { at: at(9, 5), weight: 0, measured: 0 },
  ],
  pods: [
    {
      title: 'pod shop-canary-5d8f7b-x2x9k: restarted twice, exit code 1',
      lines: [
        '03:08:11 GET /checkout 500 TypeError: prices is undefined',
        '```',
        '<script>alert(1)</script> @everyone',
      ],
    },
  ],
  next: [
    {
      what: 'Look at the errors of 1.4.0',
      command: 'kubectl --namespace shop logs --selector app=shop-canary --tail 100',
    },
  ],
  links: [
    { title: 'Runbook', url: 'https://wiki.example/shop?a=1&b=2' },
    { title: 'Dashboard', url: 'javascript:alert(1)' },
  ],
}

export const STUCK: ReleaseReport = {
  ...nothing,
  decision: 'failed',
  code: 'retreat-failed',
  reason: 'the API server cannot be reached: the connection was refused (ECONNREFUSED)',
  serving: [
    { version: '1.3.2', share: 75, basis: 'configured' },
    { version: '1.4.0', share: 25, basis: 'configured' },
  ],
  todo: {
    kind: 'now',
    text: 'take 1.4.0 out of the traffic by hand, from a machine that reaches the cluster.',
    command: `kubectl --namespace shop patch httproute shop --type json --patch '[{"op":"replace","path":"/spec/rules/0/backendRefs/1/weight","value":0}]'`,
  },
  exposure: { from: at(2), to: undefined, highestWeight: 25, requests: undefined },
  moves: [
    { at: at(7, 2), what: 'weight 25 %', detail: 'accepted; unobserved' },
    { at: at(8, 33), what: 'route back', detail: 'failed 9 times in 120s' },
  ],
  split: [
    { at: at(7, 2), weight: 25, measured: undefined },
    { at: at(8, 33), weight: 25, measured: undefined },
  ],
  next: [{ what: 'Then let the action finish', command: 'gh workflow run rollback.yml --field abort=true' }],
}

export const PLANNED: ReleaseReport = {
  ...nothing,
  decision: 'planned',
  moves: [
    { at: undefined, what: 'claim the workload' },
    { at: undefined, what: 'adopt', detail: 'create Deployment shop-canary with 1 pod' },
  ],
}
