import cluster from 'node:cluster'

// Node's own way to use several cores: node node-cluster-process.js <app.js> <workers>. The app listens by itself, on PORT.
const [app = '', workers = '1'] = process.argv.slice(2)

/** As in Gunicorn: a worker that ends before anybody listens is a failed boot. */
const BOOT_FAILED = 3

let listening = false
cluster.setupPrimary({ exec: app })
cluster.on('listening', () => {
  listening = true
})
cluster.on('exit', ({ process: { pid } }, code, signal) => {
  console.error(`worker ${pid ?? '?'} ended (${signal || `exit code ${code}`})`)
  if (!listening) process.exit(BOOT_FAILED)
  cluster.fork()
})
for (let started = 0; started < Number(workers); started++) cluster.fork()
