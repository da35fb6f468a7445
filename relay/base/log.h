/*
 * log.h - logfmt lines on standard error.
 *
 *	log_info("delivery sent", "delivery", id, "sink", name, LOG_END);
 *	-> ts=2026-11-21T12:00:00.123Z level=info msg="delivery sent" delivery=dlv_01J... sink=siem
 *
 * Values are text; a pair whose value is NULL is left out, so the list ends with LOG_END,
 * never with a plain NULL.  Values that hold spaces, quotes, `=` or control
 * bytes are quoted and escaped, bytes that are not UTF-8 are written as \xNN:
 * what comes from outside cannot forge a line; values over 1 KiB are cut.
 * One write(2) a line.  Any thread.
 */
#ifndef RELAY_BASE_LOG_H
#define RELAY_BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

extern const char LOG_END[1];

void log_level_set(enum log_level); /* default LOG_INFO */
void log_line(enum log_level, const char *msg, ... /* key, value, ..., LOG_END */);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)

/* A number as a value: log_info("x", "count", LOG_NUM(n), LOG_END). */
#define LOG_NUM(n) log_number((n), (char[24]){0})
const char *log_number(int64_t, char out[24]);

/* Text from outside with control bytes and bad UTF-8 escaped as \xNN, for
 * messages to people on a terminal.  The caller frees. */
char *log_escape(const char *);

#endif
