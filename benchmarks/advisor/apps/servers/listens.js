// Listens on PORT by itself, as apps for PM2 and node:cluster do. /wait waits 10 ms, /compute computes about 4 ms.
import { pbkdf2Sync } from 'node:crypto'
import { createServer } from 'node:http'

const ROUTES = {
  '/wait': (response) => setTimeout(() => response.end('waited\n'), 10),
  '/compute': (response) => response.end(pbkdf2Sync('tune', 'listens', 8000, 32, 'sha256').toString('hex')),
}

createServer((request, response) => ROUTES[request.url](response)).listen(
  Number(process.env.PORT),
  process.env.HOST,
)
