/** Who is told: add a webhook, see its secret once, try it, and see what was sent. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ChannelView } from '../../../contract/src/views.ts';
import { call, type Output } from '../api/client.ts';
import { asCallError } from '../api/problem.ts';
import { channelsQuery, messagesQuery, queryClient } from '../api/queries.ts';
import { useNow, useWriteBlock } from '../live/use-live.ts';
import { age, plural, time } from '../parts/format.ts';
import { copyText } from '../parts/next-step.tsx';
import { EmptyNote, ProblemNote, Tile } from '../parts/tile.tsx';
import { toastBad, toastDone, toastFailed } from '../shell/toast.ts';
import './told.css';

const settled = () => {
  void queryClient.invalidateQueries({ queryKey: ['channels'] });
  void queryClient.invalidateQueries({ queryKey: ['messages'] });
  void queryClient.invalidateQueries({ queryKey: ['board'] });
};

export function AddChannel({ autoFocus = false }: { autoFocus?: boolean }) {
  const [url, setUrl] = useState('');
  const blocked = useWriteBlock('channels:write');
  const create = useMutation({
    mutationFn: (address: string) => call('channels.create', { url: address }),
    onSuccess: () => setUrl(''),
    onSettled: settled,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (url.trim() !== '') create.mutate(url.trim());
  };
  const problem = create.error ? asCallError(create.error) : null;
  return (
    <>
      <form className="told-add" onSubmit={submit} noValidate>
        <label htmlFor="channel-url">Webhook address</label>
        <div className="in">
          <input
            id="channel-url"
            className="field"
            inputMode="url"
            autoComplete="off"
            spellCheck={false}
            placeholder="https://chat.example/hooks/…"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
            aria-invalid={problem !== null}
            aria-describedby="channel-note"
            data-autofocus={autoFocus || undefined}
          />
          <button type="submit" className="btn" disabled={blocked !== null || create.isPending}>
            Tell it
          </button>
        </div>
        <p id="channel-note" className="why" role={problem ? 'alert' : undefined}>
          {blocked ??
            (problem ? (
              <>
                <span className="bad">{problem.message}</span> {problem.hint}
              </>
            ) : (
              'Every change of status is posted there at least once: as signed JSON (Standard Webhooks), or in Slack’s own form. Mail and other chats are declared in pitwall.yaml.'
            ))}
        </p>
      </form>
      {create.data && <Secret created={create.data} done={() => create.reset()} />}
    </>
  );
}

function Secret({ created, done }: { created: Output<'channels.create'>; done: () => void }) {
  const { secret } = created;
  return (
    <div className="secret" role="status">
      <p>
        <b>It will be told from now on.</b>
        {secret === null ? ' Try it:' : ' This secret signs its messages, and is shown this once:'}
      </p>
      {secret !== null && <p className="mono">{secret}</p>}
      <p className="go">
        {secret !== null && (
          <button type="button" className="btn" onClick={() => void copyText(secret)}>
            Copy the secret
          </button>
        )}
        <TestButton channelId={created.channelId} />
        <button type="button" className="btn quiet" onClick={done}>
          {secret === null ? 'Done' : 'I have it'}
        </button>
      </p>
    </div>
  );
}

function TestButton({ channelId }: { channelId: string }) {
  const blocked = useWriteBlock('channels:write');
  const test = useMutation({
    mutationFn: () => call('channels.test', { channelId }),
    onSuccess: ({ state, lastError }) => {
      if (state === 'delivered') toastDone(`The test arrived at ${channelId}`);
      else toastBad(`The test did not reach ${channelId}: ${lastError ?? 'no answer yet'}`);
    },
    onError: (error) => toastFailed('No test message was sent', error),
    onSettled: settled,
  });
  return (
    <button
      type="button"
      className="btn"
      disabled={blocked !== null || test.isPending}
      title={blocked ?? undefined}
      onClick={() => test.mutate()}
    >
      {test.isPending ? 'Sending' : 'Send a test'}
    </button>
  );
}

function RemoveButton({ channel }: { channel: ChannelView }) {
  const blocked = useWriteBlock('channels:write');
  const [sure, setSure] = useState(false);
  const remove = useMutation({
    mutationFn: () => call('channels.remove', { channelId: channel.channelId }),
    onSuccess: () => toastDone(`${channel.target} is no longer told`, { link: { text: 'Ledger', href: '/ledger' } }),
    onError: (error) => toastFailed(`${channel.target} is still told`, error),
    onSettled: settled,
  });
  return (
    <button
      type="button"
      className={sure ? 'btn' : 'btn quiet'}
      disabled={blocked !== null || remove.isPending}
      title={blocked ?? undefined}
      onBlur={() => setSure(false)}
      onClick={() => (sure ? remove.mutate() : setSure(true))}
    >
      {sure ? 'Stop telling it?' : 'Remove'}
    </button>
  );
}

export function Channels() {
  const { data, error, refetch } = useQuery(channelsQuery);
  const nowMs = useNow(10_000);
  return (
    <Tile title="Channels" sum={data ? plural(data.channels.length, 'channel') : 'reading'}>
      {error && !data && (
        <ProblemNote what="Who is told could not be read." error={error} retry={() => void refetch()} />
      )}
      {data?.channels.length === 0 && (
        <EmptyNote
          lead="Nobody would be told."
          rest="A webhook address above is enough; a chat, a pager or a script of yours."
        />
      )}
      <ul className="told-list">
        {data?.channels.map((channel) => (
          <li key={channel.channelId} data-row>
            <div>
              <b>{channel.channelId}</b>
              <p className="mut">
                {channel.kind} to {channel.target}
                {channel.origin === 'config' && ', from pitwall.yaml'}
                {channel.lastDeliveredAtMs === null
                  ? ', nothing delivered yet'
                  : `, last delivered ${age(nowMs - channel.lastDeliveredAtMs)} ago`}
                {channel.pending > 0 && `, ${plural(channel.pending, 'message waits', 'messages wait')}`}
              </p>
              {channel.lastError !== null && <p className="s-degraded">Did not arrive: {channel.lastError}</p>}
            </div>
            <span className="told-go">
              <TestButton channelId={channel.channelId} />
              {channel.origin === 'page' && <RemoveButton channel={channel} />}
            </span>
          </li>
        ))}
      </ul>
    </Tile>
  );
}

const stateWord = { pending: 'waits', delivered: 'delivered', failed: 'given up' } as const;

export function Messages() {
  const { data, error, refetch } = useQuery(messagesQuery);
  const nowMs = useNow(10_000);
  return (
    <Tile title="What was sent" sum={data ? 'newest first' : 'reading'}>
      {error && !data && <ProblemNote what="Messages could not be read." error={error} retry={() => void refetch()} />}
      {data?.messages.length === 0 && (
        <EmptyNote
          lead="Nothing was sent yet."
          rest="The first change of status, or a test, stands here with what came of it."
        />
      )}
      {data !== undefined && data.messages.length > 0 && (
        <table className="told-sent">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Message</th>
              <th scope="col" className="num">
                Came to
              </th>
            </tr>
          </thead>
          <tbody>
            {data.messages.map((message) => (
              <tr key={message.id}>
                <td className="mut nw">{time(message.createdAtMs, nowMs)}</td>
                <td>
                  {message.title}
                  <small className="dim"> to {message.channelId}</small>
                  {message.possibleRepeat && <small className="dim"> possible repeat</small>}
                  {message.lastError !== null && message.state !== 'delivered' && (
                    <small className="dim told-error">{message.lastError}</small>
                  )}
                </td>
                <td
                  className={`num ${message.state === 'failed' ? 's-down' : message.state === 'pending' ? 's-degraded' : 'mut'}`}
                >
                  {stateWord[message.state]}
                  {message.attempts > 1 && `, ${message.attempts} tries`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Tile>
  );
}
