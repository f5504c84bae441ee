/** What an entry records, in words; its own name and its whole body stay one click away. */
const words: Readonly<Record<string, string>> = {
  'channels.create': 'Channel added',
  'channels.remove': 'Channel removed',
  'channels.test': 'Test message asked for',
  'config.loaded': 'Configuration read',
  'message.delivered': 'Message delivered',
  'message.failed': 'Message given up',
  'prober.clock-step': 'Clock of this machine was set',
  'prober.restarted': 'Prober restarted',
  'proposals.accept': 'Proposal accepted',
  'proposals.ignore': 'Proposal ignored',
  'services.create': 'Service added',
  'services.remove': 'Service removed',
  'session.create': 'Logged in',
  'session.end': 'Logged out',
  'session.link': 'Start link made',
};

export function entryWords(kind: string, body: unknown): string {
  const turned = /^(check|service)\.changed$/.exec(kind)?.[1];
  const to = body !== null && typeof body === 'object' && 'to' in body ? String(body.to) : undefined;
  if (turned !== undefined) return `${turned === 'check' ? 'Check' : 'Service'} turned ${to ?? 'into something else'}`;
  return words[kind] ?? kind;
}
