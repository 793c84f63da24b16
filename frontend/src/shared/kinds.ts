import {
  Bell,
  BookmarkPlus,
  CircleAlert,
  CircleCheck,
  FileUp,
  type IconNode,
  MessageSquare,
  ShieldCheck,
  ShieldQuestionMark,
} from 'lucide';

export interface Kind {
  label: string;
  icon: IconNode;
  /** Names the tint in the style sheets. */
  tint: 'red' | 'violet' | 'blue' | 'teal' | 'green' | 'amber' | 'grey';
}

const kinds: Record<string, Kind> = {
  issue_created: { label: 'Issue', icon: CircleAlert, tint: 'red' },
  requirement_created: { label: 'Requirement', icon: BookmarkPlus, tint: 'violet' },
  message_posted: { label: 'Message', icon: MessageSquare, tint: 'blue' },
  file_uploaded: { label: 'File', icon: FileUp, tint: 'teal' },
  task_completed: { label: 'Task done', icon: CircleCheck, tint: 'green' },
  approval_requested: { label: 'Approval wanted', icon: ShieldQuestionMark, tint: 'amber' },
  approval_decided: { label: 'Approval decided', icon: ShieldCheck, tint: 'green' },
};

const unknown: Kind = { label: 'Notification', icon: Bell, tint: 'grey' };

export function kindOf(type: string): Kind {
  return kinds[type] ?? unknown;
}
