/*
 * net.h - the other side of a socket, for tests: blocking, with a limit on
 * every wait, so that a server that never answers fails the test.
 */
#ifndef TESTS_UNIT_RUNTIME_NET_H
#define TESTS_UNIT_RUNTIME_NET_H

#include <stdbool.h>
#include <stddef.h>

#define NET_WAIT_MS 10000

/* "127.0.0.1:PORT", "[::1]:PORT" or "unix:PATH"; -1 when refused. */
int net_connect(const char *address);
/* False when the peer is gone. */
bool net_send(int fd, const char *text);
bool net_send_bytes(int fd, const void *, size_t);
/* One answer: head, and a body of Content-Length bytes.  The caller frees;
 * "" when the connection ended before the first byte. */
char *net_answer(int fd);
/* Everything until the end.  The caller frees. */
char *net_rest(int fd);
/* Has the peer ended the connection, or does it within ms?  Reads what comes. */
bool net_ended(int fd, int ms);
/* Nothing to read for ms. */
bool net_silent(int fd, int ms);
unsigned net_port(const char *address);

/* A folder of our own under /tmp, and its removal with the files in it. */
void net_dir(char out[64]);
void net_dir_remove(const char *dir);
/* A self-signed certificate for `name` and its key: DIR/cert.pem, DIR/key.pem. */
void net_certificate(const char *dir, const char *name);

#endif
