// SPDX-License-Identifier: MIT
//
// Who is known: one object each, however often and in whatever form the server names them.

/** What a sender object may not set: presence says it. */
const PRESENCE = { available: false, show: null, status: null, friend: false };

export class People {
  /** @param {(type: string, detail: object) => void} emit */
  constructor(emit) {
    this.emit = emit;
    /** @type {Map<string, import('../chat.js').Person>} */
    this.all = new Map();
  }

  /**
   * @param {string|object} entity a sender object, or in an envelope a name
   * @returns {import('../chat.js').Person}
   */
  get(entity) {
    const id = typeof entity === 'string' ? entity : String(entity.id);
    let person = this.all.get(id);
    const isNew = !person;
    if (isNew) {
      person = { objectType: 'person', id, displayName: id, url: null, image: null, ...PRESENCE };
      this.all.set(id, person);
    }
    if (typeof entity === 'object' && (this.learn(person, entity) || isNew)) this.emit('person', { person });
    return person;
  }

  /** @returns {boolean} whether something is other than before */
  learn(person, entity) {
    let changed = false;
    for (const [key, value] of Object.entries(entity)) {
      // Of all keys this one would be no attribute.
      if (key !== '__proto__' && !(key in PRESENCE) && JSON.stringify(person[key]) !== JSON.stringify(value)) {
        person[key] = value;
        changed = true;
      }
    }
    return changed;
  }

  /** The list of friends, who they are and how they are. Who is no longer in it is no friend. */
  friends(list) {
    const named = new Set(list.map((one) => this.presence(one).id));
    for (const person of this.all.values()) {
      const friend = named.has(person.id);
      if (person.friend !== friend) {
        person.friend = friend;
        if (!friend) person.available = false;
        this.emit('person', { person });
      }
    }
  }

  /** Somebody comes, goes, or says how they are. */
  presence({ entity, available, show, status }) {
    const person = this.get(entity);
    const now = { available: Boolean(available), show: show || null, status: status || null };
    if (Object.keys(now).some((key) => person[key] !== now[key])) {
      Object.assign(person, now);
      this.emit('person', { person });
    }
    return person;
  }
}
