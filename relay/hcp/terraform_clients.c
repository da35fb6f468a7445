#include <stdlib.h>
#include <string.h>

#include "relay/base/clock.h"
#include "relay/base/mem.h"
#include "relay/base/metrics.h"
#include "relay/hcp/terraform_client_parts.h"

static void
client_free(struct api_client *client)
{
	struct api_call *call;

	while ((call = TAILQ_FIRST(&client->going)) != NULL)
		api_call_stop(call);
	while ((call = TAILQ_FIRST(&client->waiting)) != NULL)
		api_call_stop(call);
	timer_free(client->timer);
	mem_wipe_free(client->token, strlen(client->token));
	free(client->url);
	free(client->ca_file);
	free(client);
}

static bool
is_done_with(const struct api_client *client)
{
	return !client->kept && client->users == 0 && TAILQ_EMPTY(&client->going) &&
	       TAILQ_EMPTY(&client->waiting);
}

static void
tidy(void *arg)
{
	struct api_clients *clients = arg;
	struct api_client *client = SLIST_FIRST(&clients->all), *next;

	for (; client != NULL; client = next) {
		next = SLIST_NEXT(client, link);
		if (!is_done_with(client))
			continue;
		SLIST_REMOVE(&clients->all, client, api_client, link);
		client_free(client);
	}
	api_clients_count(clients);
}

struct api_clients *
api_clients_new(struct httpc *httpc, api_elsewhere_fn *elsewhere, void *arg)
{
	struct api_clients *clients = mem_alloc(sizeof(*clients));

	clients->httpc = httpc;
	clients->elsewhere = elsewhere;
	clients->elsewhere_arg = arg;
	clients->tidy = timer_new(httpc_loop(httpc), tidy, clients);
	SLIST_INIT(&clients->all);
	return clients;
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
	timer_free(clients->tidy);
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

static struct api_client *
find(const struct api_clients *clients, const struct api_access *access)
{
	char *url = without_slash(access->url);
	struct api_client *client;

	SLIST_FOREACH(client, &clients->all, link)
	if (has_access(client, url, access))
		break;
	free(url);
	return client;
}

struct api_client *
api_client_for(struct api_clients *clients, const struct api_access *access)
{
	struct api_client *client = find(clients, access);

	if (client == NULL) {
		client = mem_alloc(sizeof(*client));
		client->clients = clients;
		client->url = without_slash(access->url);
		client->token = mem_str(access->token);
		client->allow_private = access->allow_private;
		client->ca_file = mem_str(access->ca_file);
		TAILQ_INIT(&client->waiting);
		TAILQ_INIT(&client->going);
		client->timer = timer_new(httpc_loop(clients->httpc), api_client_due, client);
		SLIST_INSERT_HEAD(&clients->all, client, link);
	}
	client->users++;
	return client;
}

void
api_client_release(struct api_client *client)
{
	if (client == NULL)
		return;
	client->users--;
	if (is_done_with(client))
		timer_in(client->clients->tidy, 0);
}

void
api_clients_keep(struct api_clients *clients, const struct api_access *accesses, size_t count)
{
	struct api_client *client;

	SLIST_FOREACH(client, &clients->all, link)
	client->kept = false;
	for (size_t i = 0; i < count; i++) {
		client = api_client_for(clients, &accesses[i]);
		client->kept = true;
		api_client_release(client);
	}
	timer_in(clients->tidy, 0);
}

/* ---- how they stand ---- */

static struct api_standing
standing(const struct api_client *client, int64_t now)
{
	int64_t pause = pace_wait(&client->pace, now), refused = client->pace.refused_until;

	if (refused != 0)
		return (struct api_standing){API_REFUSED, refused > now ? refused - now : 0};
	if (pause > API_SPACING_MS) /* more than what its own pace asks for */
		return (struct api_standing){API_PAUSED, pause};
	return (struct api_standing){client->answered ? API_FINE : API_UNASKED, 0};
}

struct api_standing
api_standing_of(const struct api_clients *clients, const struct api_access *access)
{
	const struct api_client *client = find(clients, access);

	return client != NULL ? standing(client, clock_mono_ms())
	                      : (struct api_standing){API_UNASKED, 0};
}

void
api_clients_count(const struct api_clients *clients)
{
	int64_t now = clock_mono_ms(), refused = 0, pause = 0;
	const struct api_client *client;

	SLIST_FOREACH(client, &clients->all, link)
	{
		struct api_standing its = standing(client, now);

		refused += its.condition == API_REFUSED;
		if (its.condition == API_PAUSED && its.wait_ms > pause)
			pause = its.wait_ms;
	}
	metric_set(METRIC_API_TOKENS_REFUSED, refused);
	if (pause > 0)
		metric_set(METRIC_API_PAUSED_UNTIL, (clock_wall_ms() + pause) / SECOND_MS);
}
