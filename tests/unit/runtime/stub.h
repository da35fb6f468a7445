/*
 * stub.h - a server for httpc that says exactly what a test tells it to: a
 * thread that takes one connection after another, reads what is called a
 * request, and writes the given bytes.
 */
#ifndef TESTS_UNIT_RUNTIME_STUB_H
#define TESTS_UNIT_RUNTIME_STUB_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct stub {
	int fd;
	char host[32];      /* "127.0.0.1:PORT" */
	const char *answer; /* NULL: never answers, and waits for the client to go */
	size_t repeat;      /* bytes of 'x' behind it; SIZE_MAX for no end */
	char request[8192]; /* the last one; stable once the call is done */
	unsigned connections;
	pthread_t thread;
};

/* Keeps a connection for further requests while they are answered. */
struct stub *stub_open(const char *answer, size_t repeat);
void stub_close(struct stub *);

#endif
