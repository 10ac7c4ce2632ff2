/**
 * A pod that serves counters nobody has to ask for: 100 requests a second, whatever happens to it.
 *
 * ERRORS (0)   share of them that failed, 0..1
 * BEHAVIOUR    reset: its counters begin again every 700 ms · idle: they stand still · unlabelled: they have no code
 *              garbage, empty, hang, 500: what /metrics answers · mute: every path but /healthz hangs
 *              prometheus: answers any query with 0.01
 */
'use strict'

const http = require('node:http')

const { BEHAVIOUR: behaviour = '', ERRORS: errors = '0', PORT: port = '8080' } = process.env
const started = Date.now()

function metrics() {
  const age = Date.now() - started
  const total = behaviour === 'idle' ? 5 : Math.floor((behaviour === 'reset' ? age % 700 : age) / 10)
  const failed = Math.floor(total * Number(errors))
  if (behaviour === 'unlabelled') return `http_requests_total ${total}\n`
  const requests = `http_requests_total{code="200"} ${total - failed}\nhttp_requests_total{code="500"} ${failed}\n`
  const buckets = ['0.05', '0.5', '+Inf'].map(
    (le) => `http_request_duration_seconds_bucket{le="${le}"} ${total}\n`,
  )
  return requests + buckets.join('')
}

http
  .createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://pod')
    if (pathname === '/healthz') return response.end('ok\n')
    if (behaviour === 'mute' || behaviour === 'hang') return undefined
    if (behaviour === 'prometheus') {
      const data = { resultType: 'scalar', result: [0, '0.01'] }
      return response.end(JSON.stringify({ status: 'success', data }))
    }
    if (pathname !== '/metrics') return response.end('fine\n')
    if (behaviour === '500') response.statusCode = 500
    if (behaviour === 'garbage') return response.end('<html><body>not metrics</body></html>\n')
    return response.end(behaviour === 'empty' ? '' : metrics())
  })
  .listen(Number(port))
process.on('SIGTERM', () => process.exit(0))
