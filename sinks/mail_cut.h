/*
 * mail_cut.h - ending a session that libesmtp would go on with.
 *
 * It has neither a cancel nor a total timeout.  But a helper process holds one
 * TCP connection, the session's: shutting down every TCP socket there is ends
 * it wherever the library is just waiting, and it then tells what it knows.
 * Only for a helper process, with one thread.
 */
#ifndef SINKS_MAIL_CUT_H
#define SINKS_MAIL_CUT_H

#include <stdbool.h>
#include <stdint.h>

void mail_cut_now(void);

/* Later, from a signal.  A new time replaces the one before. */
void mail_cut_in(int64_t ms);
void mail_cut_off(void);
bool mail_cut_done(void); /* the time came */

/* While it connects, whose waiting no timeout of the library's bounds: a tick
 * that interrupts connect(), so that the next address has its turn, until
 * mail_cut_in() or mail_cut_off(). */
void mail_cut_tick(int64_t ms);

#endif
