/** What to write where a job is started, so that it reports how it ended. */
export interface JobLine {
  readonly title: string;
  readonly text: string;
}

/** The place of the secret stays to be seen; nothing of it does. */
export function hiddenUrl(url: string): string {
  return url.replace(/[^/]+$/, '••••••••');
}

const curl = 'curl -fsS -m 10 -o /dev/null';

export function jobLines(url: string, spec: unknown): readonly JobLine[] {
  const { cron } = (spec ?? {}) as { cron?: unknown };
  const when = typeof cron === 'string' ? cron : '0 3 * * *';
  return [
    // `;` and not `&&`: a job that fails shall say so, with its exit code, and not fall silent.
    { title: 'Line of a crontab', text: `${when} /path/to/job; ${curl} --retry 3 ${url}/$?` },
    {
      // What kills a service has a name and no code, so the word of systemd decides; $$ is its $ for the shell.
      title: 'Lines of a systemd unit',
      text: [
        '[Service]',
        `ExecStartPre=-/usr/bin/${curl} ${url}/start`,
        `ExecStopPost=-/bin/sh -c '[ $$SERVICE_RESULT = success ] && s=success || s=fail; ${curl} --retry 3 ${url}/$$s'`,
      ].join('\n'),
    },
    {
      title: 'Shell, with start and end of each run',
      // $$ tells runs apart that overlap.
      text: [`${curl} "${url}/start?rid=$$"`, '/path/to/job', `${curl} --retry 3 "${url}/$\{?}?rid=$$"`].join('\n'),
    },
  ];
}
