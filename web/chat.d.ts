// SPDX-License-Identifier: MIT
//
// The types of chat.js: the reference of the library. Two ways to load it:
//
//   <script src="/chat/chat.js"></script>            the global SpoolChat
//   import { SpoolChat } from '/chat/chat.mjs'       (its types: chat.d.mts, which says the same)
//
// All that is read from the model (me, people, threads, messages) belongs to the library: look at it, do not
// change it. Objects stay the same for as long as what they stand for is there, so they may be keys of a Map.

export interface Options {
  /** Where the endpoints are, relative to the page or absolute. Default '/nereid-chat/'. */
  base?: string;
  /** What the header `Authorization` shall be for requests with a login; without it the browser's own login is used. */
  authorization?: () => string | null | Promise<string | null>;
  /** Whether tabs of one user share one stream. Default true. */
  share?: boolean;
  /** How to listen: 'auto' (events, and long polls where they do not come through), 'events' or 'polls'. Default 'auto'. */
  transport?: 'auto' | 'events' | 'polls';
  /**
   * Milliseconds without any sign of an event stream until long polls are used. Default 5000. A stream that begins, and
   * whose first words a proxy keeps back, is noticed half a minute later.
   */
  patience?: number;
  /** Messages in one page of history, at most 200. Default 50. */
  page?: number;
  /** The language tag of what is sent. Default null. */
  language?: string | null;
}

/** An actor of Activity Streams 1.0 (section 3.1.8), and what is known of their presence. */
export interface Person {
  id: string;
  displayName: string;
  objectType: string;
  url: string | null;
  image: { url: string; width?: number; height?: number } | null;
  /** Whether they are online, as far as one may see it. */
  available: boolean;
  show: null | 'away' | 'chat' | 'dnd' | 'xa';
  status: string | null;
  /** In the list of friends: one can begin a conversation with them. */
  friend: boolean;
  [unknown: string]: unknown;
}

export type Role = 'owner' | 'moderator' | 'guest' | 'banned' | 'none';

export interface Member { person: Person; role: Role; }

/** An open room as the server lists it. */
export interface Room { id: string; subject: string | null; memberCount: number; joined: boolean; }

/** An object of Activity Streams 1.0. Ours have these; anybody's may have anything: trust none of it. */
export interface Attachment {
  objectType: string;
  id?: string;
  displayName?: string;
  mimeType?: string;
  fileSize?: number;
  url?: string;
  [unknown: string]: unknown;
}

export interface Reaction { text: string; people: Person[]; mine: boolean; }

export interface Message {
  /** Never changes, unique in the page: for keyed lists. */
  readonly key: string;
  thread: Thread;
  /** What the client of the sender chose. */
  id: string;
  /** Its number in the thread; null until the server has it. */
  seq: number | null;
  sender: Person;
  mine: boolean;
  /** The server's, RFC 3339; the page's own clock until the server has it. */
  timestamp: string;
  /** The same in milliseconds. */
  time: number;
  /** 'subject': no text, it has set the room's subject. */
  kind: 'message' | 'subject';
  /** How `text` is meant; html is not cleaned by anybody yet. */
  type: 'plain' | 'html' | 'rst';
  text: string | null;
  subject: string | null;
  language: string | null;
  attachments: Attachment[];
  /** 'sending' also while it waits in the queue; 'failed': `retry` or `discard` it. */
  state: 'sending' | 'sent' | 'failed';
  /** Why it failed. */
  error: ChatError | null;
  /** Of the upload of its files, 0 to 1; null when there is none under way. */
  progress: number | null;
  /** When it was corrected last, or null. */
  edited: string | null;
  /** Nothing of it is shown any more: text, subject are null, attachments and reactions empty. */
  retracted: boolean;
  reactions: Reaction[];
  /** A correction or a retraction of it is under way. */
  changing: boolean;
  /** The stanza's `message` as it came, or as it will be sent, with attributes that the library does not know. */
  raw: Record<string, unknown>;
}

export interface Thread {
  readonly id: string;
  subject: string | null;
  /** One that anybody may find and join. */
  open: boolean;
  /** Its members can change: it has roles. A thread of a set of people has none. */
  room: boolean;
  created: string | null;
  /** 50 at most, see memberCount; oneself too. */
  members: Person[];
  memberCount: number;
  /** The members without oneself. */
  others: Person[];
  /** One's own. 'none': one is no longer in it. */
  role: Role;
  /** Ascending; those on their way stand last, in the order they were sent. */
  messages: Message[];
  /** The newest message that is shown somewhere, or null: for the list of conversations. */
  last: Message | null;
  /** Milliseconds of the last thing said; of its making when there is none. Sort by it. */
  time: number;
  /** The newest number, of whatever type. */
  newest: number;
  /** One's own read mark. */
  read: number;
  unread: number;
  /** Read marks of the others, by user, as far as they were heard since the start. */
  reads: Map<string, number>;
  /** Who is writing just now; nobody stays in it longer than 8 seconds without saying so again. */
  typing: Person[];
  /** There is (or may be) older history to load. */
  more: boolean;
  /** A page of history is being fetched. */
  loading: boolean;
}

export interface Connection {
  /**
   * 'stopped'      before start() and after stop()
   * 'connecting'   for the first time, or again
   * 'online'       what is said is heard
   * 'offline'      it is not, and is tried again at `retryAt`
   * 'login'        the web server wants a login (401, 403): it is tried again when the page is looked at
   */
  state: 'stopped' | 'connecting' | 'online' | 'offline' | 'login';
  /** How this tab hears: by its own events or polls, or from another tab. */
  how: 'events' | 'polls' | 'tab' | null;
  /** Milliseconds since 1970 of the next try, or null. */
  retryAt: number | null;
  /** What went wrong last, or null. */
  error: ChatError | null;
}

/** An answer that was an error (RFC 9457), or none: then `status` is 0. `name` is 'ChatError'. */
export interface ChatError extends Error {
  status: number;
  /** Field to what is wrong with it. */
  errors: Record<string, string[]> | null;
  /** Seconds, where the server said so. */
  retryAfter: number | null;
  /** Whether the same again may succeed, soon. */
  temporary: boolean;
  /** A file could not be read here: it is gone, or a folder. */
  unreadable: boolean;
}

export interface Draft {
  text?: string | null;
  type?: 'plain' | 'html' | 'rst';
  subject?: string | null;
  language?: string | null;
  /** Objects that stand already, such as upload() returns. */
  attachments?: Attachment[];
  /** Files to upload first; `progress` of the message tells how far they are. */
  files?: Iterable<File>;
  /** What else shall stand in the message ("Extensible"). */
  extra?: Record<string, unknown>;
}

export interface OwnPresence { available: boolean; show: Person['show']; status: string | null; [unknown: string]: unknown; }

/** Events: `chat.addEventListener('message', (event) => event.detail.message)`. */
export interface EventDetails {
  /** `connection` has changed. */
  connection: { connection: Connection };
  /** The whole of the model is there or was fetched anew (after a gap): show all of it again. */
  reset: Record<string, never>;
  /** Somebody is new, came, went, or is called otherwise. */
  person: { person: Person };
  /** A thread is new in the list, or gone from it (`gone`), or another has become the newest. */
  threads: { thread: Thread; gone: boolean };
  /** Subject, members, role, unread, read marks or loading of a thread are other than before. */
  thread: { thread: Thread };
  /** A message is new at the end of its thread. `live`: it was said just now, not while nobody listened; by another when not `mine`. */
  message: { thread: Thread; message: Message; live: boolean };
  /** A message is other than before: sent, failed, numbered, corrected, retracted, reacted to. It may have moved: see `moved`. */
  change: { thread: Thread; message: Message; moved: boolean };
  /** A message is no longer in its thread: discarded. */
  remove: { thread: Thread; message: Message };
  /** History was fetched: a page in front of the messages, what was missed among them ('end'), or all of them are others. */
  history: { thread: Thread; messages: Message[]; where: 'front' | 'end' | 'all' };
  /** `thread.typing` has changed. */
  typing: { thread: Thread };
  /** `thread.reads` has changed: how far somebody else has read. */
  read: { thread: Thread; person: Person; seq: number };
  /** Somebody is in a room, and as what; 'none': gone. */
  member: { thread: Thread; person: Person; role: Role };
  /** A correction, retraction, reaction or invitation was refused. */
  error: { error: ChatError; thread: Thread | null; message: Message | null };
  /** Every stanza as it came, for what the library does not know. */
  stanza: { stanza: Record<string, unknown> };
}

export class SpoolChat extends EventTarget {
  constructor(options?: Options);

  /** Oneself, after start(). */
  readonly me: Person | null;
  /** Who is known, by user; oneself too. */
  readonly people: Map<string, Person>;
  /** The conversations one is in, by id. */
  readonly threads: Map<string, Thread>;
  readonly connection: Connection;
  /** What one says of oneself. */
  readonly presence: OwnPresence;

  /**
   * Get a token and the list of threads, then listen. Resolves when the model is there; tries until then or stop(),
   * which rejects it.
   */
  start(): Promise<void>;
  /** Listen and send no more. Messages in the queue stay in it, for start(). */
  stop(): void;
  /** Try now, without waiting for `connection.retryAt`. */
  reconnect(): void;

  /** The threads, the newest first. */
  list(): Thread[];
  /** The thread of exactly these people and oneself. */
  talk(...users: string[]): Promise<Thread>;
  /**
   * A new room, of which one is the owner; it needs a subject, or to be open. Who cannot be invited is an event `error`
   * each.
   */
  createRoom(room: { subject?: string | null; open?: boolean; history?: 'joined' | 'open' | null; users?: string[] }): Promise<Thread>;
  /** A page of the open rooms; `next` goes into `after` for the following page. */
  findRooms(page?: { after?: string | null; limit?: number }): Promise<{ rooms: Room[]; next: string | null }>;
  /** Join an open room. */
  join(room: string): Promise<Thread>;
  leave(room: string): Promise<void>;
  /** All of them, with their roles. */
  members(thread: string): Promise<Member[]>;
  /** Invite ('guest'), send away ('none'), ban, promote. */
  setRole(thread: string, user: string, role: Role): Promise<Member>;
  setSubject(thread: string, subject: string): Message;

  /** Say it. The message is in the thread at once, and its `state` tells how it fares; nothing is said twice. */
  send(thread: string, what: string | Draft): Message;
  /** Send one that failed again, at the end of the queue. */
  retry(message: Message): void;
  /** Take one that failed, or waits in the queue, away. */
  discard(message: Message): void;
  /** Put another text (or more) in its place. Rejects when it is refused; the message is then as before. */
  edit(message: Message, what: string | Draft): Promise<void>;
  retract(message: Message): Promise<void>;
  /** At most 64 bytes; '' takes one's own back. */
  react(message: Message, text: string): Promise<void>;

  /** See to it that the newest page of a thread is there. */
  open(thread: string): Promise<Thread>;
  /** Fetch the page before the oldest message. Whether there is more. Two calls at a time are one. */
  older(thread: string): Promise<boolean>;

  /** All is read up to `seq`, or up to the newest. Told to the server soon, and only forward. */
  read(thread: string, seq?: number): void;
  /** One is writing (call it at each key), or has stopped. Told to the server as seldom as it needs. */
  typing(thread: string, state?: 'composing' | 'paused'): void;
  /** Change what one says of oneself; what is not named stays. */
  setPresence(presence: Partial<OwnPresence>): Promise<OwnPresence>;

  /** Put a file into a thread; the object goes into `attachments`. */
  upload(thread: string, file: Blob, options?: {
    name?: string;
    progress?: (done: number, total: number) => void;
    signal?: AbortSignal;
  }): Promise<Attachment>;
  /** The address of one of this chat's own files; null for what lies anywhere else or is no address. */
  attachmentUrl(attachment: Attachment): string | null;

  addEventListener<K extends keyof EventDetails>(
    type: K, listener: (event: CustomEvent<EventDetails[K]>) => void, options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}

export default SpoolChat;

type SpoolChatClass = typeof SpoolChat;
type SpoolChatObject = SpoolChat;

declare global {
  /** Of the classic script. */
  var SpoolChat: SpoolChatClass;
  type SpoolChat = SpoolChatObject;
}
