// SPDX-License-Identifier: MIT
//
// Where one writes: a text, files, an answer to a message, a correction of one's own. What is begun in a
// conversation is still there when one comes back to it.

import { el, fill, freshId } from './dom.js';
import { answered, answerTo } from './body.js';
import { emojiBoard } from './emoji.js';
import { iconButton } from './icons.js';
import { messageBrief, nameElement, threadTitle } from './people.js';
import { openPopup } from './popup.js';
import { filesOf, Tray } from './tray.js';
import { t } from './words.js';

const HEIGHT_MAX_PX = 180;

/** There is no other key for a new line. */
const entersLine = () => window.matchMedia('(pointer: coarse)').matches;

export class Composer {
  /** `view`: root, chat, thread, log, drafts (Map thread id -> draft), say(). */
  constructor(view) {
    this.view = view;
    this.about = null; // {kind: 'reply' or 'edit', message}
    this.tray = new Tray(() => this.looks());
    this.bar = el('div.about', { hidden: true });
    this.make();
    this.restore();
  }

  make() {
    const id = freshId();
    this.label = el('label.vh', { htmlFor: id });
    this.named();
    this.text = el('textarea', {
      id,
      rows: '1',
      dir: 'auto',
      placeholder: t('write'),
      enterkeyhint: entersLine() ? 'enter' : 'send',
      autocomplete: 'off',
    });
    this.chooser = el('input', { type: 'file', multiple: true, hidden: true, 'aria-label': t('attach') });
    this.sendButton = iconButton('send', t('send'), { type: 'submit' });
    this.sendButton.classList.add('send');
    this.node = el(
      'form.composer',
      { 'aria-label': t('composer') },
      this.bar,
      this.tray.node,
      el(
        'div.line',
        null,
        iconButton('clip', t('attach'), { onclick: () => this.chooser.click() }),
        this.chooser,
        this.label,
        this.text,
        iconButton('smile', t('emoji'), {
          'aria-haspopup': 'dialog',
          'aria-expanded': 'false',
          onclick: (event) => this.board(event.currentTarget),
        }),
        this.sendButton,
      ),
    );
    this.listen();
  }

  /** The conversation may be called otherwise now. */
  named() {
    this.label.textContent = t('message_to', { name: threadTitle(this.view.thread) });
  }

  listen() {
    this.node.addEventListener('submit', (event) => {
      event.preventDefault();
      this.send();
    });
    this.chooser.addEventListener('change', () => {
      this.addFiles(this.chooser.files);
      this.chooser.value = '';
    });
    this.text.addEventListener('keydown', (event) => this.key(event));
    this.text.addEventListener('input', () => this.typed());
    this.text.addEventListener('blur', () => this.view.chat.typing(this.view.thread.id, 'paused'));
    this.text.addEventListener('paste', (event) => {
      const files = filesOf(event.clipboardData);
      if (!files.length) return;
      event.preventDefault();
      this.addFiles(files);
    });
  }

  /** Enter sends, where it is no new line. */
  key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey && !entersLine()) {
      event.preventDefault();
      this.send();
    } else if (event.key === 'Escape' && this.about) {
      event.stopPropagation();
      this.forget();
    } else if (event.key === 'ArrowUp' && !this.text.value && !this.about) {
      this.editLast(event);
    }
  }

  editLast(event) {
    const { messages } = this.view.thread;
    for (let i = messages.length - 1; i >= 0; i -= 1) {
      const message = messages[i];
      if (message.mine && message.seq !== null && message.text && !message.retracted) {
        event.preventDefault();
        this.edit(message);
        return;
      }
    }
  }

  typed() {
    this.looks();
    if (this.about && this.about.kind === 'edit') return;
    this.view.chat.typing(this.view.thread.id, this.text.value ? 'composing' : 'paused');
  }

  addFiles(files) {
    if (this.about && this.about.kind === 'edit') this.forget();
    const given = Array.from(files);
    if (this.tray.add(given).length < given.length) this.view.say(t('too_many_files'));
    this.text.focus();
  }

  board(anchor) {
    const close = openPopup(
      this.view.root,
      anchor,
      t('emoji'),
      emojiBoard((one) => {
        close();
        this.text.focus();
        this.text.setRangeText(one, this.text.selectionStart, this.text.selectionEnd, 'end');
        this.typed();
      }),
    );
  }

  /** As high as its text, and ready to send or not. */
  looks() {
    this.text.dir = this.text.value ? 'auto' : ''; // the placeholder stands as the page does
    this.text.style.height = 'auto';
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, HEIGHT_MAX_PX)}px`;
    this.sendButton.disabled = !this.text.value.trim() && !this.tray.files.length;
    this.keep();
  }

  // ---- Answers and corrections -----------------------------------------------------------------

  reply(message) {
    if (this.about && this.about.kind === 'edit') this.forget();
    this.begin('reply', message);
  }

  edit(message) {
    this.before = this.about && this.about.kind === 'edit' ? this.before : this.text.value;
    this.begin('edit', message);
    this.text.value = message.text || '';
    this.looks();
  }

  begin(kind, message) {
    this.about = { kind, message };
    fill(
      this.bar,
      el(
        'span.about-text',
        null,
        el(
          'strong',
          null,
          t(kind === 'edit' ? 'editing' : 'replying'),
          ' ',
          kind === 'reply' && nameElement(message.sender),
        ),
        el('span.brief', { dir: 'auto' }, messageBrief(message)),
      ),
      iconButton('close', t('cancel'), { onclick: () => this.forget() }),
    );
    this.bar.hidden = false;
    this.text.focus();
  }

  /** No answer, no correction: an own text that stood here comes back. */
  forget() {
    if (!this.about) return;
    if (this.about.kind === 'edit') this.text.value = this.before || '';
    this.about = null;
    this.before = '';
    this.bar.hidden = true;
    this.looks();
    this.text.focus();
  }

  // ---- Sending ---------------------------------------------------------------------------------

  send() {
    const text = this.text.value.trim();
    const { files } = this.tray;
    if (!text && !files.length) return;
    if (this.about && this.about.kind === 'edit') this.correct(text);
    else this.say(text, files);
  }

  say(text, files) {
    const extra = this.about ? answerTo(this.about.message) : undefined;
    this.view.chat.send(this.view.thread.id, { text: text || null, files, extra });
    this.view.chat.typing(this.view.thread.id, 'paused');
    this.about = null;
    this.bar.hidden = true;
    this.text.value = '';
    this.tray.set([]);
    this.text.focus();
    this.view.sent();
  }

  /** A correction is a whole message: what else it said stays. */
  correct(text) {
    const { message } = this.about;
    this.forget();
    if (text === message.text) return;
    const draft = {
      text,
      type: message.type,
      subject: message.subject,
      language: message.language,
      attachments: message.attachments,
    };
    if (answered(message) !== null) draft.extra = { inReplyTo: message.raw.inReplyTo };
    this.view.chat.edit(message, draft).catch(() => this.refused(message, text)); // the view hears of it as an error
  }

  /** It was not taken: it stands here again. */
  refused(message, text) {
    if (!this.node.isConnected || (this.about && this.about.kind === 'edit')) return;
    this.edit(message);
    this.text.value = text;
    this.looks();
  }

  // ---- Drafts ----------------------------------------------------------------------------------

  keep() {
    const editing = this.about && this.about.kind === 'edit';
    const draft = {
      text: editing ? this.before : this.text.value,
      files: this.tray.files,
      reply: editing ? null : this.about,
    };
    if (draft.text || draft.files.length || draft.reply) this.view.drafts.set(this.view.thread.id, draft);
    else this.view.drafts.delete(this.view.thread.id);
  }

  restore() {
    const draft = this.view.drafts.get(this.view.thread.id);
    if (draft) {
      this.text.value = draft.text || '';
      if (draft.reply) this.begin('reply', draft.reply.message);
      this.tray.set(draft.files);
    }
    this.looks();
  }
}
