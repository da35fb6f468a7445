/*
 * terraform_answer.c - an answer's body read into a tree, which takes 30 ms for each
 * megabyte: what is not small is read elsewhere, and freed there.
 */
#include <stdlib.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/hcp/terraform_client_parts.h"

#define SMALL (128 * 1024)

struct api_reading {
	struct api_work work;  /* first */
	struct api_call *call; /* NULL once it is cancelled */
	struct api_clients *clients;
	char *body;
	size_t len;
	bool ran;
	json_t *document;
};

static void
reading_free(struct api_work *work)
{
	struct api_reading *reading = (struct api_reading *)work;

	json_decref(reading->document);
	free(reading->body);
	free(reading);
}

static void
let_go(struct api_work *work)
{
	struct api_reading *reading = (struct api_reading *)work;

	json_decref(reading->document);
	reading->document = NULL;
	free(reading->body);
	reading->body = NULL;
}

static void
read_body(struct api_work *work)
{
	struct api_reading *reading = (struct api_reading *)work;
	struct err unsaid;

	reading->ran = true;
	(void)json_read(reading->body, reading->len, &reading->document, &unsaid);
}

static void
finish(struct api_call *call, const json_t *document, bool ran)
{
	struct api_answer answer = {.end = API_READ, .document = document};

	if (!ran) {
		answer.end = API_AGAIN;
		answer.text = "the answer could not be read now";
		answer.again_ms = API_AGAIN_MS;
	} else if (document == NULL) {
		answer.end = API_UNUSABLE;
		answer.text = "the answer is not JSON";
	}
	api_finish(call, &answer);
}

static void
on_read(struct api_work *work)
{
	struct api_reading *reading = (struct api_reading *)work;
	struct api_clients *clients = reading->clients;
	struct api_client *client = reading->call != NULL ? reading->call->client : NULL;

	if (client != NULL) {
		finish(reading->call, reading->document, reading->ran);
		api_go_on(client);
	}
	work->run = let_go;
	work->done = reading_free;
	clients->elsewhere(work, clients->elsewhere_arg);
}

void
api_read(struct api_call *call, const char *body, size_t len)
{
	struct api_clients *clients = call->client->clients;
	struct api_reading *reading;
	json_t *document = NULL;
	struct err unsaid;

	if (len <= SMALL || clients->elsewhere == NULL) {
		(void)json_read(body, len, &document, &unsaid);
		finish(call, document, true);
		json_decref(document);
		return;
	}
	reading = mem_alloc(sizeof(*reading));
	*reading = (struct api_reading){
		.work = {.run = read_body, .done = on_read},
		.call = call,
		.clients = clients,
		.body = mem_dup(body, len),
		.len = len,
	};
	call->http = NULL;
	call->reading = reading;
	clients->elsewhere(&reading->work, clients->elsewhere_arg);
}

void
api_reading_forget(struct api_reading *reading)
{
	reading->call = NULL;
}
