import { draftsOf } from '../../files/open.ts';
import type { Uploads } from '../../files/uploads.ts';
import { user } from '../session.ts';

/**
 * The files of something that is being written for a room, for an `AttachField`.
 *
 * `place` names what is written ("issue", say): its files stay over a reload. When it was sent with the ids of
 * `files`, call `used()`. Nothing should be sent while `isBusy` or `hasFailed`.
 */
export function attachmentsOf(room: string, place: string): Uploads {
  return draftsOf(user.value?.id ?? '', room, place);
}
