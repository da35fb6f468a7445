/*
 * explain_message.h - a message in short: what its reader would see, without
 * what only machines read.
 */
#ifndef RELAY_COMMAND_EXPLAIN_MESSAGE_H
#define RELAY_COMMAND_EXPLAIN_MESSAGE_H

/*
 * Of what a sink of this kind would send (sink_kind.show):
 *
 *	email    From, To, Subject, Message-ID and the text part, decoded
 *	slack    its text, and the texts of its blocks; of a bot, of each call
 *	webhook  one line: what its body is
 *
 * What is not as expected is given whole.  Not fit for a terminal yet; the caller frees.
 */
char *explain_message(const char *kind, const char *message);

#endif
