/*
 * desk.h - an httpd on a stand, with a handler that notes what it was asked.
 *
 * GET /later is kept until desk_answer_later(); GET /large answers LARGE_SIZE
 * bytes; POST is answered 202 with the length of the body; what is neither
 * GET, HEAD nor POST gets 405.  What cannot be taken is answered so, at
 * /nowhere with 404.
 */
#ifndef TESTS_UNIT_RUNTIME_DESK_H
#define TESTS_UNIT_RUNTIME_DESK_H

#include <semaphore.h>

#include "net.h"
#include "relay/runtime/httpd.h"
#include "stand.h"

#define LARGE_SIZE (8 * 1024 * 1024)
#define BODY_MAX 100000
#define HEADER_MAX 8192

struct desk {
	struct stand *stand;
	struct httpd_options options;
	struct httpd *httpd;
	struct err err;
	struct httpd_request *later; /* loop thread */
	sem_t asked;                 /* posted for each request */
	unsigned requests;           /* these: stable once the client has its answer */
	unsigned faults;             /* requests that could not be taken */
	char path[256], query[256];
	char body[BODY_MAX + 1];
	size_t body_len;
};

struct desk *desk_open(const struct httpd_options *); /* what is 0 gets a default */
void desk_close(struct desk *);

/* A test that is given one with the defaults. */
int desk_setup(void **state);
int desk_teardown(void **state);
#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

const char *desk_address(const struct desk *);
void desk_wait_asked(struct desk *);
void desk_answer_later(struct desk *);
void desk_drain(struct desk *);
void desk_free_httpd(struct desk *); /* while the rest stays */
unsigned desk_open_requests(struct desk *);
unsigned desk_connections(struct desk *);

#endif
