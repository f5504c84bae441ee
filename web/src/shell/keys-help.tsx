import { CentreDialog } from './dialog.tsx';
import { setSingleKeys, singleKeys } from './keys.ts';

const keys = [
  ['⌘K  Ctrl K', 'find or do'],
  ['1 to 5', 'tiles of the board'],
  ['J  K', 'rows'],
  ['↵', 'open; on the board the next step'],
  ['← →', 'days of a strip, points of a chart'],
  ['/', 'text of the list of services'],
  ['T', 'chart or table'],
  ['[  ]', 'shorter or longer time'],
  ['E', 'evidence of the newest failure'],
  ['G then B S L T', 'go to board, services, ledger, told'],
  ['Esc', 'back'],
  ['?', 'this list'],
] as const;

export default function KeysHelp({ close }: { close: () => void }) {
  const on = singleKeys.use();
  return (
    <CentreDialog title="Keys" close={close}>
      <dl className="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label className="keys-off">
        <input type="checkbox" checked={on} onChange={(event) => setSingleKeys(event.target.checked)} />
        Single keys work. Off, only ⌘K, Esc and arrows do.
      </label>
    </CentreDialog>
  );
}
