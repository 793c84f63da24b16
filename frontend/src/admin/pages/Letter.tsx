import { useEffect, useRef } from 'preact/hooks';
import { notThere } from '../../portal/ProjectFrame.tsx';
import { GonePage } from '../../portal/pages/NotFound.tsx';
import { useResource } from '../../portal/resource.ts';
import { Page } from '../../portal/Shell.tsx';
import { Bones, FailedState } from '../../portal/states.tsx';
import { useFilters } from '../../portal/ui/filters.ts';
import { Segments } from '../../portal/ui/Segments.tsx';
import * as api from '../api.ts';
import { wholeTime } from '../words.ts';

const back = { href: '/admin/mail', text: 'E-mail' };

/** A letter that was kept as a file, as its recipient would see it. */
export function LetterPage({ email: id }: { email: string }) {
  const letter = useResource(`letter ${id}`, () => api.letter(id));
  if (letter.state === 'failed' && notThere(letter.problem.status)) {
    return (
      <GonePage
        title="No such letter"
        text="There is no such e-mail, or no copy of its letter is kept here."
        back={{ href: '/admin/mail', text: 'All e-mail' }}
      />
    );
  }
  if (letter.state !== 'ready') {
    return (
      <Page title="Letter" back={back}>
        {letter.state === 'loading' && <Bones rows={4} tall />}
        {letter.state === 'failed' && <FailedState problem={letter.problem} retry={letter.reload} />}
      </Page>
    );
  }
  return <Written key={id} id={id} letter={letter.value} />;
}

/**
 * As high as the letter is. Its height can be read because the frame counts as of this site, which does no harm:
 * nothing in it runs.
 */
function Frame({ id, title }: { id: string; title: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const watch = useRef<ResizeObserver | null>(null);
  useEffect(() => () => watch.current?.disconnect(), []);

  const fit = () => {
    const whole = frame.current?.contentDocument?.documentElement;
    if (!frame.current || !whole) return;
    const borders = frame.current.offsetHeight - frame.current.clientHeight;
    frame.current.style.height = `${Math.ceil(whole.getBoundingClientRect().height) + borders}px`;
  };
  const loaded = () => {
    const whole = frame.current?.contentDocument?.documentElement;
    if (!whole) return;
    watch.current?.disconnect();
    watch.current = new ResizeObserver(fit);
    watch.current.observe(whole);
  };
  return (
    <iframe
      ref={frame}
      class="letter"
      title={title}
      src={api.letterPage(id)}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      onLoad={loaded}
    />
  );
}

function Written({ id, letter }: { id: string; letter: api.Letter }) {
  const [{ view }, change] = useFilters('view');
  const shown = view === '' && letter.html === null ? 'text' : view;
  const choices = [
    ...(letter.html === null ? [] : [{ value: '', text: 'Letter' }]),
    ...(letter.text === null ? [] : [{ value: 'text', text: 'Text' }]),
    { value: 'headers', text: 'Headers' },
  ];
  return (
    <Page title={letter.subject || 'Without a subject'} back={back}>
      <dl class="small-facts letter-facts">
        <div>
          <dt>From</dt>
          <dd>{letter.from}</dd>
        </div>
        <div>
          <dt>To</dt>
          <dd>{letter.to}</dd>
        </div>
        {letter.date && (
          <div>
            <dt>Date</dt>
            <dd>{wholeTime(letter.date)}</dd>
          </div>
        )}
      </dl>
      <Segments
        label="What is shown"
        name="view"
        choices={choices}
        value={shown}
        choose={(view) => change({ view })}
      />
      {shown === 'headers' ? (
        <dl class="letter-headers">
          {Object.entries(letter.headers).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      ) : shown === 'text' ? (
        <pre class="letter" dir="auto">
          {letter.text}
        </pre>
      ) : (
        <>
          <p class="letter-note">
            <span>Its links are the recipient’s own; the one that ends e-mail does nothing here.</span>
            <a href={api.letterPage(id)} target="_blank" rel="noreferrer">
              Open in full
            </a>
          </p>
          <Frame id={id} title={letter.subject} />
        </>
      )}
    </Page>
  );
}
