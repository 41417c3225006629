/** The inside of autocannon 9 that the repair in connection.ts stands on. engine-check.ts proves that it is there. */
declare module 'autocannon/lib/httpClient.js' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  namespace HttpClient {
    interface ResponseHead {
      statusCode: number
      headers: string[]
      shouldKeepAlive: boolean
    }

    interface Parser {
      constructor: { RESPONSE: string; kOnHeadersComplete: number; kOnMessageComplete: number }
      execute(chunk: Buffer): unknown
      finish(): unknown
      reinitialize(type: string): void
      /** Handlers by number. A truthy result of the headers' handler means that no body follows. */
      [handler: number]: (head: ResponseHead) => unknown
    }
  }

  /** One connection of the engine. */
  class HttpClient extends EventEmitter {
    conn: Socket | undefined
    parser: HttpClient.Parser
    requestIterator: { requests: unknown[]; currentRequest: unknown; nextRequest(): unknown }
    pipelinedRequests: { size(): number; clear(): void; addBody(chunk: Buffer): void }
    /** Milliseconds. */
    timeout: number
    /** Set by `destroy`, absent before. */
    destroyed?: boolean
    _connect(): void
    _doRequest(): void
    _resetConnection(): void
    _destroyConnection(): void
    destroy(): void
  }

  export default HttpClient
}
