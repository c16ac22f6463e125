/** What clients without a login may do, one sentence each, for whoever starts a plant. */
export function accessOf(anonymous: 'none' | 'observe' | 'operate'): readonly string[] {
  switch (anonymous) {
    case 'none':
      return []
    case 'observe':
      return ['browse, read and subscribe to everything']
    case 'operate':
      return [
        'browse, read and subscribe to everything',
        'start and stop pipelines, call device methods',
        'write parameters and writable tags',
      ]
  }
}
