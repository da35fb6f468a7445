/*
 * loop.h - the loop thread: the one owner of libevent's event_base.
 *
 * Everything here is called on the loop thread, except loop_stop().  Making
 * one makes the process ignore SIGPIPE and sends libevent's warnings to the log.
 */
#ifndef RELAY_RUNTIME_LOOP_H
#define RELAY_RUNTIME_LOOP_H

#include <stdint.h>

struct event_base;
struct loop;
struct timer;
struct loop_signal;

typedef void loop_fn(void *arg);

struct loop *loop_new(void);
void loop_free(struct loop *);
void loop_run(struct loop *);                /* until loop_stop() */
void loop_stop(struct loop *);               /* any thread, also before loop_run() */
struct event_base *loop_base(struct loop *); /* for httpd, httpc and inbox only */

/* One-shot timers, never early.  `timer_in` re-arms; 0 means "as soon as this callback
 * has returned", never at once. */
struct timer *timer_new(struct loop *, loop_fn *, void *arg);
void timer_free(struct timer *);
void timer_in(struct timer *, int64_t ms);
void timer_off(struct timer *);

struct loop_signal *loop_on_signal(struct loop *, int signo, loop_fn *, void *arg);
void loop_signal_free(struct loop_signal *);

#endif
