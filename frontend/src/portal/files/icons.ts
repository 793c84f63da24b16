import {
  File,
  FileArchive,
  FileHeadphone,
  FileImage,
  FileSpreadsheet,
  FileText,
  FileVideoCamera,
  type IconNode,
} from 'lucide';
import type { Kind } from '../../shared/kinds.ts';

interface FileKind {
  icon: IconNode;
  tint: Kind['tint'];
  label: string;
}

/** The first that fits the media type. */
const kinds: readonly [RegExp, FileKind][] = [
  [/^image\//, { icon: FileImage, tint: 'violet', label: 'Picture' }],
  [/^audio\//, { icon: FileHeadphone, tint: 'amber', label: 'Audio' }],
  [/^video\//, { icon: FileVideoCamera, tint: 'amber', label: 'Video' }],
  [/pdf$/, { icon: FileText, tint: 'red', label: 'PDF' }],
  [/csv|excel|spreadsheet/, { icon: FileSpreadsheet, tint: 'green', label: 'Table' }],
  [/zip|tar|compressed|rar|7z/, { icon: FileArchive, tint: 'grey', label: 'Archive' }],
  [/^text\/|word|document|rtf/, { icon: FileText, tint: 'blue', label: 'Document' }],
];

const unknown: FileKind = { icon: File, tint: 'grey', label: 'File' };

export function fileKindOf(mediaType: string): FileKind {
  return kinds.find(([pattern]) => pattern.test(mediaType))?.[1] ?? unknown;
}
