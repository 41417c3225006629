import { capacityOf } from '../result/configuration.js'
import { provenance, type Answer } from './answer.js'
import { comment } from './text.js'

/** More idle connections than this per nginx worker serve nobody. */
const MOST_IDLE = 64

/** For /etc/nginx/conf.d/: an upstream and the server that uses it. */
export function nginxSite(answer: Answer, port: number): string {
  const { configuration } = answer
  const keepsAlive = configuration.workerClass !== 'sync'
  const capacity = capacityOf(configuration)
  const assumptions = [
    `the app listens on 127.0.0.1:${port}; for more machines add a server line each.`,
    'install: copy to /etc/nginx/conf.d/app.conf, nginx -t, nginx -s reload.',
  ]
  return `${comment(provenance(answer, ...assumptions), '#')}

upstream app {
    # The requests wait in the backlog of the app, where the first free worker takes them. nginx must not take the
    # only server out because it was slow once.
    server 127.0.0.1:${port} max_fails=0;
${keepAlive(keepsAlive, capacity)}
}

server {
    listen 80;
    server_name _;

    location / {
        proxy_pass http://app;
        proxy_http_version 1.1;
        # Empty: connections to the app are kept, whatever the client asked for.
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        # nginx takes slow clients off the ${capacity} slots of the app.
        proxy_buffering on;
        proxy_connect_timeout 5s;
        # Not below the time that the app gives a request.
        proxy_read_timeout 60s;
        # A request that was sent may have had an effect: only what never arrived is tried again.
        proxy_next_upstream error;
        proxy_next_upstream_tries 2;
    }
}
`
}

function keepAlive(keepsAlive: boolean, capacity: number): string {
  if (!keepsAlive) return '    # No keepalive: sync workers close the connection after each answer.'
  const idle = Math.max(1, Math.min(MOST_IDLE, capacity))
  return `    # Per nginx worker. More than the app has slots (${capacity}) would keep connections that others wait for.
    keepalive ${idle};`
}
