// @ts-check

/**
 * @typedef {object} Cause
 * @property {RegExp} sign how it shows in the log
 * @property {string} text what it is and what helps
 */

/** @type {readonly Cause[]} */
const causes = [
  {
    sign: /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|network (request|timeout)|E407/,
    text: 'npm does not reach its registry: check the network, and in a company the proxy (npm config set https-proxy URL)',
  },
  {
    sign: /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_/,
    text: 'a proxy signs its own certificates: npm config set cafile FILE with the certificate of your company',
  },
  {
    sign: /E401|E403|E404|ETARGET|notarget/,
    text: 'the configured registry lacks a package or wants a login: npm config get registry, npm login',
  },
  {
    sign: /find Python|not found: (make|cc|c\+\+|g\+\+)|No Xcode|find VS|(make|cc|g\+\+): (command )?not found|spawn \w+ ENOENT/,
    text:
      'no C++ compiler, which SQLite needs where no compiled file can be fetched. Debian, Ubuntu: ' +
      'apt-get install -y build-essential python3; macOS: xcode-select --install; Windows: winget install Microsoft.VisualStudio.2022.BuildTools',
  },
  {
    sign: /EACCES|EPERM|EROFS/,
    text:
      'a file of the checkout cannot be written: it belongs to another user (chown -R "$USER" .), ' +
      'or on Windows another program holds it open (close it, delete node_modules, and start again)',
  },
  { sign: /ENOSPC|EDQUOT/, text: 'the disk is full: the packages need about 700 MB while they are being set up' },
  {
    sign: /EUSAGE|can only install packages when your package\.json/,
    text: 'package.json and package-lock.json do not fit together: git checkout package.json package-lock.json',
  },
  { sign: /EINTEGRITY|Z_DATA_ERROR|TAR_/, text: 'a download is damaged: npm cache clean --force, then start again' },
  {
    sign: /Killed|out of memory|ENOMEM/,
    text: 'the machine ran out of memory while it compiled SQLite: it needs about 1 GB',
  },
]

/**
 * Words a failed set-up: what failed, the whole log, and the usual causes with those first that show in the log.
 * @param {{ what: string, log: string, logFile: string }} failure
 */
export function failureReport({ what, log, logFile }) {
  const shown = causes.filter(({ sign }) => sign.test(`${what}\n${log}`))
  const others = causes.filter((cause) => !shown.includes(cause))
  return [
    `the set-up failed: ${what}. The whole log:`,
    log.trimEnd() || '(empty)',
    '',
    ...(shown.length > 0 ? ['Signs of this are in the log:', ...shown.map(({ text }) => `  - ${text}`)] : []),
    shown.length > 0 ? 'Other usual causes:' : 'Usual causes:',
    ...others.map(({ text }) => `  - ${text}`),
    `The same command tries again and keeps what is done. The log stays in ${logFile}.`,
  ].join('\n')
}

/**
 * Shows on standard error that something long is still going on, every so often.
 * @param {(line: string) => void} say
 * @param {number} [everyMs]
 */
export function heartbeat(say, everyMs = 10_000) {
  const start = performance.now()
  let step = 'starting'
  const secondsNow = () => Math.round((performance.now() - start) / 1000)
  const timer = setInterval(() => say(`${secondsNow()} s: ${step}`), everyMs)
  return {
    /** @param {string} next what goes on from now on */
    setStep(next) {
      step = next
    },
    secondsNow,
    stop() {
      clearInterval(timer)
    },
  }
}
