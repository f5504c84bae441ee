/** Ports of this machine that checks and channels name already, and our own: discovery leaves them alone. */

export function localPorts(targets: readonly unknown[], ownPort: number): Set<number> {
  const ports = new Set([ownPort]);
  for (const target of targets) {
    const { url, host, port } = (target ?? {}) as { url?: unknown; host?: unknown; port?: unknown };
    const address = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
    const name = address?.hostname ?? (typeof host === 'string' ? host : '');
    if (!/^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(name)) continue;
    ports.add(
      address === undefined ? Number(port) : Number(address.port || (address.protocol === 'https:' ? 443 : 80)),
    );
  }
  return ports;
}
