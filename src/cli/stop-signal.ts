/** How long stopping may take before the process ends without it, in milliseconds. */
const stopMsMax = 10_000

/** One Ctrl-C reaches a process more than once when npm passes it on too; what comes sooner than this is the same one. */
const repeatMs = 1000

/**
 * Resolves at the first SIGINT or SIGTERM. Another one, a second later or more, ends the process at once, with the exit code that
 * shells use for it; so does the deadline, for a plant that does not come to its end.
 */
export function stopSignal(): Promise<void> {
  const numbers = { SIGINT: 2, SIGTERM: 15 } as const
  return new Promise((resolve) => {
    let stoppingSince: number | undefined
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        const now = performance.now()
        if (stoppingSince !== undefined && now - stoppingSince > repeatMs) process.exit(128 + numbers[signal])
        if (stoppingSince !== undefined) return
        stoppingSince = now
        setTimeout(() => process.exit(1), stopMsMax).unref()
        resolve()
      })
    }
  })
}

/** Calls back at each SIGHUP, by which daemons are told to read their files again; what it returns ends that. */
export function onHangup(callback: () => void): () => void {
  process.on('SIGHUP', callback)
  return () => void process.off('SIGHUP', callback)
}
