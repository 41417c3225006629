import { z } from 'zod'

/** Servers that `tune` can start, and `url` for one that runs already. */
export const serverNameSchema = z.enum(['bundled', 'gunicorn', 'node-cluster', 'pm2', 'command', 'url'])
export type ServerName = z.infer<typeof serverNameSchema>
export const SERVER_NAMES = serverNameSchema.options

/** Gunicorn's names of the worker classes. */
export const GUNICORN_CLASSES = { sync: 'sync', threaded: 'gthread', async: 'gevent' } as const
