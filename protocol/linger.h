/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_LINGER_H
#define PROTOCOL_LINGER_H

/*
 * Apache looks at the end of a program's output whether the program has ended, too, and if it has not
 * sleeps, 10 ms (mod_cgid) or 48 ms (mod_cgi), before it reads the next request on that connection. The
 * kernel closes a program's output a moment before it calls the program dead, so that nearly always the
 * sleep is lost time, and one client that keeps its connection has 40 or 90 replies a second.
 */

/*
 * To be called when all has been said: somebody else has our output open too, and is gone as soon as
 * this process is dead. Costs a new task, about 75 us: only for who waits for it.
 */
void linger(void);

#endif
