import { PageLink } from '../parts/page-link.tsx';
import { StatusShape } from '../parts/status-shape.tsx';
import { closeToast, type Toast, toasts } from './toast.ts';

export function Toasts() {
  const list = toasts.use();
  return (
    <section aria-label="What you did">
      <ul className="toasts">
        {list.map((toast) => (
          <li key={toast.id} className={`toast ${toast.bad ? 'bad-toast' : ''}`}>
            <ToastLine toast={toast} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ToastLine({ toast }: { toast: Toast }) {
  return (
    <>
      {toast.bad && <StatusShape status="down" />}
      <span role={toast.bad ? 'alert' : 'status'}>{toast.text}</span>
      {toast.undo && (
        <button
          type="button"
          className="ev"
          onClick={() => {
            closeToast(toast.id);
            toast.undo?.();
          }}
        >
          Undo
        </button>
      )}
      {toast.link && (
        <PageLink className="ev" href={toast.link.href} onClick={() => closeToast(toast.id)}>
          {toast.link.text}
        </PageLink>
      )}
      {toast.bad && (
        <button type="button" className="x" aria-label="Close" onClick={() => closeToast(toast.id)}>
          <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <path d="m2 2 8 8m0-8-8 8" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
          </svg>
        </button>
      )}
    </>
  );
}
