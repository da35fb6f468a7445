#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/hcp/terraform_client_parts.h"

struct api_clients *
api_clients_new(struct httpc *httpc)
{
	struct api_clients *clients = mem_alloc(sizeof(*clients));

	clients->httpc = httpc;
	SLIST_INIT(&clients->all);
	return clients;
}

static void
client_free(struct api_client *client)
{
	struct api_call *call;

	while ((call = TAILQ_FIRST(&client->going)) != NULL) {
		httpc_cancel(call->http);
		api_call_free(call);
	}
	while ((call = TAILQ_FIRST(&client->waiting)) != NULL)
		api_call_free(call);
	timer_free(client->timer);
	mem_wipe_free(client->token, strlen(client->token));
	free(client->url);
	free(client->ca_file);
	free(client);
}

void
api_clients_free(struct api_clients *clients)
{
	struct api_client *client;

	if (clients == NULL)
		return;
	while ((client = SLIST_FIRST(&clients->all)) != NULL) {
		SLIST_REMOVE_HEAD(&clients->all, link);
		client_free(client);
	}
	free(clients);
}

static char *
without_slash(const char *url)
{
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	return mem_strn(url, len);
}

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
has_access(const struct api_client *client, const char *url, const struct api_access *access)
{
	return strcmp(client->url, url) == 0 && strcmp(client->token, access->token) == 0 &&
	       client->allow_private == access->allow_private &&
	       is_same(client->ca_file, access->ca_file);
}

struct api_client *
api_client_for(struct api_clients *clients, const struct api_access *access)
{
	char *url = without_slash(access->url);
	struct api_client *client;

	SLIST_FOREACH(client, &clients->all, link)
	if (has_access(client, url, access)) {
		free(url);
		return client;
	}
	client = mem_alloc(sizeof(*client));
	client->clients = clients;
	client->url = url;
	client->token = mem_str(access->token);
	client->allow_private = access->allow_private;
	client->ca_file = mem_str(access->ca_file);
	TAILQ_INIT(&client->waiting);
	TAILQ_INIT(&client->going);
	client->timer = timer_new(httpc_loop(clients->httpc), api_client_due, client);
	SLIST_INSERT_HEAD(&clients->all, client, link);
	return client;
}
