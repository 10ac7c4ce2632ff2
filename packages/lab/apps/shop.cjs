/**
 * A small web shop to release: the same program in the embedded lab and in a real pod. Only Node's own modules. CommonJS:
 * a thread of the embedded lab starts it in half the time.
 *
 * VERSION, PORT (8080)     what it says it is, where it listens
 * ERROR_RATE               share of requests answered 500, 0..1
 * ERROR_AFTER_REQUESTS     errors (at ERROR_RATE, or all) begin after that many requests
 * LATENCY_MS               added to each answer
 * READY_AFTER_MS           /healthz answers 503 until then; NEVER_READY: for ever
 * EXIT_AFTER_MS            ends with exit code 1
 * DRAIN_MS (2000)          on SIGTERM it goes on accepting that long, then closes and finishes what is in flight
 */
'use strict'

const http = require('node:http')
const os = require('node:os')

const env = process.env
const version = env.VERSION ?? 'dev'
const pod = env.POD_NAME ?? os.hostname()
const number = (name, fallback) =>
  env[name] === undefined || env[name] === '' ? fallback : Number(env[name])
const errorAfter = number('ERROR_AFTER_REQUESTS', 0)
const errorRate = number('ERROR_RATE', errorAfter > 0 ? 1 : 0)
const latency = number('LATENCY_MS', 0)
const readyAt = Date.now() + number('READY_AFTER_MS', 0)
const started = Date.now() / 1000

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const totals = new Map()
const buckets = BUCKETS.map(() => 0)
let [count, sum, served, draining] = [0, 0, 0, false]

function record(method, code, seconds) {
  const key = `code="${code}",method="${method}"`
  totals.set(key, (totals.get(key) ?? 0) + 1)
  BUCKETS.forEach((limit, index) => {
    if (seconds <= limit) buckets[index] += 1
  })
  count += 1
  sum += seconds
}

function metrics() {
  const lines = ['# HELP http_requests_total Requests served.', '# TYPE http_requests_total counter']
  for (const [labels, value] of totals) lines.push(`http_requests_total{${labels}} ${value}`)
  lines.push(
    '# HELP http_request_duration_seconds Time to serve a request.',
    '# TYPE http_request_duration_seconds histogram',
  )
  BUCKETS.forEach((limit, index) =>
    lines.push(`http_request_duration_seconds_bucket{le="${limit}"} ${buckets[index]}`),
  )
  lines.push(`http_request_duration_seconds_bucket{le="+Inf"} ${count}`)
  lines.push(`http_request_duration_seconds_sum ${sum}`, `http_request_duration_seconds_count ${count}`)
  lines.push('# HELP process_start_time_seconds Start time of the process since unix epoch in seconds.')
  lines.push('# TYPE process_start_time_seconds gauge', `process_start_time_seconds ${started}`)
  return `${lines.join('\n')}\n`
}

function answer(response, code, body, type = 'application/json') {
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-version': version,
    'x-pod': pod,
  }
  response.writeHead(code, draining ? { ...headers, connection: 'close' } : headers).end(body)
}

const server = http.createServer((request, response) => {
  const path = request.url.split('?')[0]
  if (path === '/healthz') {
    const ready = env.NEVER_READY === undefined && Date.now() >= readyAt
    return answer(response, ready ? 200 : 503, ready ? 'ok\n' : 'not ready\n', 'text/plain')
  }
  if (path === '/metrics') return answer(response, 200, metrics(), 'text/plain; version=0.0.4; charset=utf-8')
  const begun = process.hrtime.bigint()
  served += 1
  const code = served > errorAfter && Math.random() < errorRate ? 500 : 200
  setTimeout(() => {
    answer(
      response,
      code,
      `${JSON.stringify(code === 200 ? { version, pod } : { version, pod, error: 'out of stock' })}\n`,
    )
    record(request.method, code, Number(process.hrtime.bigint() - begun) / 1e9)
    if (code === 500) console.error(`${request.method} ${path} failed: out of stock`)
  }, latency)
})
// Longer than any router keeps an idle connection: it is the router that closes it.
server.keepAliveTimeout = 200_000

server.listen(number('PORT', 8080), () => console.log(`shop ${version} listens on ${number('PORT', 8080)}`))
process.on('SIGTERM', () => {
  console.log('SIGTERM: draining')
  draining = true
  setTimeout(
    () => {
      server.close(() => process.exit(0))
      server.closeIdleConnections()
    },
    number('DRAIN_MS', 2000),
  )
})
if (env.EXIT_AFTER_MS !== undefined) {
  setTimeout(
    () => {
      console.error('shop: the database is gone')
      process.exit(1)
    },
    number('EXIT_AFTER_MS', 0),
  )
}
