import { Confirm } from '../portal/ui/Confirm.tsx';
import * as api from './api.ts';
import { nameOf, retriedText, wordsOf } from './mail.ts';

export type Deed = 'retry' | 'drop';
export type Asked = { deed: Deed; email: api.Email } | 'retry all';

interface Props {
  asked: Asked;
  /** Runs what is asked; that answers what is said of it then. */
  carryOut: (deed: () => Promise<string>) => Promise<void>;
  closed: () => void;
}

/** Asks before something is done with an e-mail, or with all that failed. */
export function MailQuestion({ asked, carryOut, closed }: Props) {
  if (asked === 'retry all') return <RetryAll carryOut={carryOut} closed={closed} />;
  const { deed, email } = asked;
  const about = wordsOf(email);
  const name = nameOf(email.recipient);
  if (deed === 'drop') {
    const drop = async () => {
      await api.dropEmail(email.id);
      return `${about} to ${name} is dropped.`;
    };
    return (
      <Confirm
        title="Drop this e-mail?"
        action="Drop"
        doing="Dropping…"
        danger
        run={() => carryOut(drop)}
        closed={closed}
      >
        <p>
          <bdi>{name}</bdi> does not get <bdi>{about}</bdi> by e-mail. In their bell it stays.
        </p>
      </Confirm>
    );
  }
  const retry = async () => {
    await api.retryEmail(email.id);
    return `${about} to ${name} is retried now.`;
  };
  const isAwaited = email.state === 'retrying';
  return (
    <Confirm
      title={isAwaited ? 'Retry this e-mail now?' : 'Retry this e-mail?'}
      action={isAwaited ? 'Retry now' : 'Retry'}
      doing="Retrying…"
      run={() => carryOut(retry)}
      closed={closed}
    >
      <p>
        <bdi>{about}</bdi> is due again right away. <bdi>{name}</bdi> gets what they have not read meanwhile,
        can still see, and still want by e-mail.
      </p>
      <p>A suppressed address has to be allowed again first.</p>
    </Confirm>
  );
}

function RetryAll({ carryOut, closed }: Omit<Props, 'asked'>) {
  const retry = async () => retriedText(await api.retryDeadEmails());
  return (
    <Confirm
      title="Retry all failed e-mails?"
      action="Retry all"
      doing="Retrying…"
      run={() => carryOut(retry)}
      closed={closed}
    >
      <p>
        Every failed e-mail, whoever it is for, is due again right away. People get what they have not read
        meanwhile, can still see, and still want by e-mail.
      </p>
      <p>Those to suppressed addresses stay as they are: the addresses have to be allowed again first.</p>
    </Confirm>
  );
}
