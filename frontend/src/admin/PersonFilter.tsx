import { X } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useResource } from '../portal/resource.ts';
import { Combobox } from '../portal/ui/Combobox.tsx';
import { Icon } from '../shared/icon.tsx';
import * as api from './api.ts';
import { shortId } from './words.ts';

interface Props {
  label: string;
  /** The id of who is chosen, or nothing. */
  value: string;
  choose: (id: string) => void;
}

/** A filter of a list by person. The field and what was chosen in it take each other's place, and the focus with it. */
export function PersonFilter({ label, value, choose }: Props) {
  const isTouched = useRef(false);
  const chosen = (id: string) => {
    isTouched.current = true;
    choose(id);
  };
  return value ? (
    <Chosen label={label} clear={() => chosen('')} takesFocus={isTouched.current}>
      <AccountName id={value} />
    </Chosen>
  ) : (
    <PersonField label={label} pick={chosen} takesFocus={isTouched.current} />
  );
}

interface FieldProps {
  label: string;
  pick: (id: string) => void;
  takesFocus: boolean;
}

function PersonField({ label, pick, takesFocus }: FieldProps) {
  const [text, setText] = useState('');
  useEffect(() => {
    if (takesFocus) document.getElementById('person')?.focus();
  }, []);
  return (
    <Combobox
      name="person"
      label={label}
      placeholder="Anybody"
      text={text}
      change={setText}
      pick={({ id }) => pick(id)}
      suggest={async (q) => (await api.accounts({ q }, '', 8)).items.map(optionOf)}
      none="Nobody has such a name or e-mail address."
    />
  );
}

function optionOf(account: api.Account) {
  return { id: account.user_id, text: account.display_name, detail: account.email };
}

interface ChosenProps {
  label: string;
  clear: () => void;
  takesFocus?: boolean;
  children: ComponentChildren;
}

/** A filter that is set, with the way to take it away. */
export function Chosen({ label, clear, takesFocus = false, children }: ChosenProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (takesFocus) button.current?.focus();
  }, []);
  return (
    <fieldset class="chosen">
      <legend>{label}</legend>
      <div>
        <span>{children}</span>
        <button ref={button} type="button" aria-label={`${label}: show all`} onClick={clear}>
          <Icon of={X} size={16} />
        </button>
      </div>
    </fieldset>
  );
}

function AccountName({ id }: { id: string }) {
  const account = useResource(`admin account ${id}`, () => api.account(id));
  return <>{account.state === 'ready' ? account.value.display_name : shortId(id)}</>;
}
