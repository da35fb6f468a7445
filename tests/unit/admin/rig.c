#include "rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "relay/base/json.h"
#include "relay/model/kind.h"
#include "relay/runtime/inbox.h"
#include "relay/runtime/loop.h"
#include "relay/source/source.h"
#include "relay/store/events.h"
#include "sinks/sink.h"

struct rig {
	char folder[64];
	struct conf *conf, *old; /* a reload keeps the one before, too */
	struct loop *loop;
	struct inbox *inbox;
	struct store *store;
	struct admin *admin;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const char *why_not_ready;
	int wakes;
	bool planned;
};

static void
write_file(const char *folder, const char *name, const char *text)
{
	char *path = mem_fmt("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
	free(path);
}

static const char config[] =
	"listen:\n"
	"  ingest: 127.0.0.1:0\n"
	"  admin: \"%s\"\n"
	"%s"
	"store: {url: \"sqlite:relay.db\"}\n"
	"sources:\n"
	"  - name: builds\n"
	"    hcp_packer: {hmac_key_file: key}\n"
	"  - name: runs\n"
	"    hcp_terraform: {hmac_key_file: key}\n"
	"teams:\n"
	"  - name: shop\n"
	"    workspaces: [\"shop-*\"]\n"
	"    buckets: [\"shop-*\"]\n"
	"  - name: bank\n"
	"    workspaces: [\"bank-*\"]\n"
	"sinks:\n"
	"  - name: archive\n"
	"    webhook: {url: \"https://archive.example.com/in\", secret_file: secret}\n"
	"routes:\n"
	"  - name: all\n"
	"    match: {kinds: [\"*\"]}\n"
	"    to: [archive]\n";

static struct conf *
load_conf(const char *folder, const char *admin, const char *listen)
{
	const struct conf_kinds kinds = {source_conf_kinds, sink_conf_kinds, incident_kind_names};
	char *path = mem_fmt("%s/driftbell.yaml", folder), *text;
	struct buf report = {0};
	struct conf *conf = NULL;

	write_file(folder, "key", "a key of the tests\n");
	write_file(folder, "token", "open sesame\nolder token\n");
	write_file(folder, "secret", "whsec_YSBzZWNyZXQgb2YgdGhlIHRlc3RzLCBsb25nIGVub3VnaA==\n");
	text = mem_fmt(config, admin, listen);
	if (conf_parse(&conf, path, text, strlen(text), &kinds, &report) < 0)
		fail_msg("%s", buf_text(&report));
	buf_fini(&report);
	free(text);
	free(path);
	return conf;
}

static int
plan(void *arg, struct db *db, const struct stored_event *event, int64_t now_ms, struct err *err)
{
	(void)arg;
	(void)now_ms;
	return event_move(db, event->id, EVENT_PROCESSED, "planned.again", NULL, err);
}

static void
signal_change(struct rig *rig, int wakes, bool planned)
{
	pthread_mutex_lock(&rig->lock);
	rig->wakes += wakes;
	rig->planned |= planned;
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->lock);
}

static void
on_planned(void *arg)
{
	signal_change(arg, 0, true);
}

static void
on_wake(void *arg)
{
	signal_change(arg, 1, false);
}

static struct conf *
current_conf(void *arg)
{
	struct rig *rig = arg;
	struct conf *conf;

	pthread_mutex_lock(&rig->lock);
	conf = rig->conf;
	pthread_mutex_unlock(&rig->lock);
	return conf;
}

static json_t *
apis(void *arg)
{
	(void)arg;
	return json_object();
}

static bool
is_ready(void *arg, struct err *err)
{
	struct rig *rig = arg;
	const char *why;

	pthread_mutex_lock(&rig->lock);
	why = rig->why_not_ready;
	pthread_mutex_unlock(&rig->lock);
	if (why)
		err_set(err, "%s", why);
	return !why;
}

static void *
run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static void
fill_store(const char *url, rig_fill_fn *fill)
{
	struct err err = {""};
	struct db *db;

	if (db_open(&db, url, DB_WRITE, &err) < 0 || db_begin(db, &err) < 0)
		fail_msg("%s", err.text);
	fill(db);
	if (db_commit(db, &err) < 0)
		fail_msg("%s", err.text);
	db_close(db);
}

struct rig *
rig_start(const char *admin, const char *listen, rig_fill_fn *fill)
{
	struct rig *rig = mem_alloc(sizeof *rig);
	struct planner planner = {.plan = plan, .planned = on_planned, .arg = rig};
	struct admin_env env = {
		.conf = current_conf, .wake = on_wake, .ready = is_ready, .apis = apis, .arg = rig};
	struct err err = {""};

	strcpy(rig->folder, "/tmp/driftbell-admin-XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	pthread_mutex_init(&rig->lock, NULL);
	pthread_cond_init(&rig->changed, NULL);
	rig->conf = load_conf(rig->folder, admin, listen);
	if (fill)
		fill_store(rig->conf->store.url, fill);
	env.loop = rig->loop = loop_new();
	rig->inbox = inbox_new(rig->loop);
	if (store_open(&rig->store, rig->conf->store.url, rig->inbox, &planner, NULL, &err) < 0)
		fail_msg("%s", err.text);
	env.store = rig->store;
	if (admin_new(&rig->admin, &env, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(pthread_create(&rig->thread, NULL, run_loop, rig->loop), 0);
	return rig;
}

void
rig_stop(struct rig *rig)
{
	static const char *const files[] = {
		"key",          "token",         "secret",           "relay.db",   "relay.db-wal",
		"relay.db-shm", "relay.db.lock", "relay.db.reserve", "admin.sock",
	};

	loop_stop(rig->loop);
	pthread_join(rig->thread, NULL);
	admin_free(rig->admin);
	store_close(rig->store);
	inbox_free(rig->inbox);
	loop_free(rig->loop);
	conf_release(rig->conf);
	conf_release(rig->old);
	for (size_t i = 0; i < COUNT(files); i++) {
		char *path = mem_fmt("%s/%s", rig->folder, files[i]);

		unlink(path);
		free(path);
	}
	assert_int_equal(rmdir(rig->folder), 0);
	pthread_mutex_destroy(&rig->lock);
	pthread_cond_destroy(&rig->changed);
	free(rig);
}

void
rig_reload(struct rig *rig, const char *admin, const char *listen)
{
	struct conf *conf = load_conf(rig->folder, admin, listen);

	pthread_mutex_lock(&rig->lock);
	rig->old = rig->conf;
	rig->conf = conf;
	pthread_mutex_unlock(&rig->lock);
}

const char *
rig_address(const struct rig *rig)
{
	return admin_address(rig->admin);
}

const char *
rig_port(const struct rig *rig)
{
	return strrchr(admin_address(rig->admin), ':') + 1;
}

void
rig_not_ready(struct rig *rig, const char *why)
{
	pthread_mutex_lock(&rig->lock);
	rig->why_not_ready = why;
	pthread_mutex_unlock(&rig->lock);
}

static bool
wait_for(struct rig *rig, int wakes, bool planned)
{
	struct timespec deadline;
	bool there;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += 10;
	pthread_mutex_lock(&rig->lock);
	while (rc == 0 && !(rig->wakes >= wakes && (rig->planned || !planned)))
		rc = pthread_cond_timedwait(&rig->changed, &rig->lock, &deadline);
	there = rig->wakes >= wakes && (rig->planned || !planned);
	pthread_mutex_unlock(&rig->lock);
	return there;
}

bool
rig_woken(struct rig *rig, int times)
{
	return wait_for(rig, times, false);
}

bool
rig_planned(struct rig *rig)
{
	return wait_for(rig, 0, true);
}

static int
dial(const char *address)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	bool is_unix = strncmp(address, "unix:", 5) == 0;
	int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc;

	if (is_unix) {
		snprintf(un.sun_path, sizeof un.sun_path, "%s", address + 5);
		rc = connect(fd, (struct sockaddr *)&un, sizeof un);
	} else {
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		in.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
		rc = connect(fd, (struct sockaddr *)&in, sizeof in);
	}
	assert_int_equal(rc, 0);
	return fd;
}

static char *
read_all(int fd)
{
	struct buf in = {0};
	char chunk[4096];
	ssize_t n;

	while ((n = recv(fd, chunk, sizeof chunk, 0)) > 0)
		buf_add(&in, chunk, (size_t)n);
	buf_putc(&in, '\0');
	return buf_take(&in);
}

struct answer
rig_say(struct rig *rig, const char *method, const char *path, const char *head, const char *body)
{
	char *request =
		mem_fmt("%s %s HTTP/1.1\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
	                method, path, head, strlen(body), body);
	int fd = dial(rig_address(rig));
	struct answer answer = {.status = 0};
	char *end;

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	free(request);
	answer.head = read_all(fd);
	close(fd);
	end = strstr(answer.head, "\r\n\r\n");
	if (!end || sscanf(answer.head, "HTTP/1.1 %d", &answer.status) != 1)
		fail_msg("no answer to %s %s: \"%s\"", method, path, answer.head);
	answer.body = mem_str(end + 4);
	end[2] = '\0';
	answer.json = json_loads(answer.body, 0, NULL);
	return answer;
}

int
rig_say_only(struct rig *rig, const char *path)
{
	char *request = mem_fmt("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
	int fd = dial(rig_address(rig));

	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	free(request);
	return fd;
}

struct answer
rig_get(struct rig *rig, const char *path)
{
	return rig_say(rig, "GET", path, "Host: localhost\r\n", "");
}

struct answer
rig_post(struct rig *rig, const char *path)
{
	return rig_say(rig, "POST", path, "Host: localhost\r\nContent-Type: application/json\r\n",
	               "{}");
}

void
answer_fini(struct answer *answer)
{
	free(answer->head);
	free(answer->body);
	json_decref(answer->json);
}

const char *
answer_header(const struct answer *answer, const char *name, char out[256])
{
	size_t len = strlen(name);

	for (const char *line = strstr(answer->head, "\r\n"); line && line[2];
	     line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
			continue;
		line += 3 + len;
		line += strspn(line, " ");
		snprintf(out, 256, "%.*s", (int)strcspn(line, "\r"), line);
		return out;
	}
	return NULL;
}

json_t *
must_have(const json_t *json, const char *path)
{
	json_t *found = json_at(json, path);

	if (!found)
		fail_msg("nothing at %s in %s", path,
		         json ? json_dumps(json, JSON_COMPACT) : "no JSON");
	return found;
}

void
must_say(const json_t *json, const char *path, const char *text)
{
	const json_t *found = must_have(json, path);

	if (!text) {
		assert_true(json_is_null(found));
		return;
	}
	if (!json_is_string(found) || strcmp(json_string_value(found), text) != 0)
		fail_msg("%s is %s, not \"%s\"", path,
		         json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY), text);
}

void
must_count(const json_t *json, const char *path, long long number)
{
	const json_t *found = must_have(json, path);

	if (!json_is_integer(found) || json_integer_value(found) != number)
		fail_msg("%s is %s, not %lld", path,
		         json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY), number);
}
