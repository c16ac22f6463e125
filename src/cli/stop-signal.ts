/** How long stopping may take before the process ends without it, in milliseconds. */
const stopMsMax = 10_000

/**
 * Resolves at the first SIGINT or SIGTERM. A second signal ends the process at once, with the exit code that shells use for it;
 * so does the deadline, for a plant that does not come to its end.
 */
export function stopSignal(): Promise<void> {
  const numbers = { SIGINT: 2, SIGTERM: 15 } as const
  return new Promise((resolve) => {
    let isStopping = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (isStopping) process.exit(128 + numbers[signal])
        isStopping = true
        setTimeout(() => process.exit(1), stopMsMax).unref()
        resolve()
      })
    }
  })
}
