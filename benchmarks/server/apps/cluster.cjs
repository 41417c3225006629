// The same app under node:cluster (WORKERS set) and under PM2's cluster mode.
const cluster = require('node:cluster')
const http = require('node:http')

if (cluster.isPrimary && process.env.WORKERS) {
  for (let count = 0; count < Number(process.env.WORKERS); count += 1) cluster.fork()
  process.on('SIGTERM', () => process.exit(0))
} else {
  http
    .createServer((request, response) => response.end('hello world'))
    .listen(Number(process.env.PORT), '127.0.0.1')
}
