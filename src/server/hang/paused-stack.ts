import { scriptLocations, type ScriptLocations } from './script-locations.js'

/** A V8 inspector, wherever it is: messages of the Chrome DevTools protocol. */
export interface Inspector {
  send(method: string, params?: object): Promise<void>
  /** Called with the parameters of every event of that name. */
  on(event: string, listener: (params: unknown) => void): void
}

interface CallFrame {
  functionName: string
  location: { scriptId: string; lineNumber: number; columnNumber?: number }
}

/**
 * Stops JavaScript where it is, be that an endless loop, a regular expression or a wait, and reads the stack. The code stays
 * stopped until the inspector is left.
 *
 * @returns frames such as `total (/srv/app/cart.ts:12:9)`, innermost first; places in compiled files are those of their sources.
 */
export async function pausedStack(inspector: Inspector): Promise<string[]> {
  const scripts = new Map<string, ScriptLocations>()
  inspector.on('Debugger.scriptParsed', (params) => {
    const script = params as { scriptId: string; url: string; sourceMapURL?: string }
    scripts.set(script.scriptId, scriptLocations(script))
  })
  const paused = new Promise<CallFrame[]>((resolve) =>
    inspector.on('Debugger.paused', (params) => resolve((params as { callFrames: CallFrame[] }).callFrames)),
  )
  await inspector.send('Debugger.enable')
  // Not waited for: the answer may come after the event, or never while a long call into C++ goes on.
  void inspector.send('Debugger.pause')
  return (await paused).map(({ functionName, location: { scriptId, lineNumber, columnNumber = 0 } }) => {
    const place = scripts.get(scriptId)?.(lineNumber, columnNumber) ?? 'unknown'
    return `${functionName || '(anonymous)'} (${place})`
  })
}

/** The frame to blame first: the innermost one outside Node itself, or else the innermost. */
export function culprit(stack: readonly string[]): string | null {
  return stack.find((frame) => !frame.includes('(node:')) ?? stack[0] ?? null
}
