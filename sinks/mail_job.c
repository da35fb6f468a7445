/*
 * mail_job.c - a job as JSON.
 *
 * Letters and the password go as base64: they are bytes, and JSON takes only
 * UTF-8.  The password is not part of the tree that is built here, whose
 * memory nobody wipes; it is put behind it by hand.
 */
#include "sinks/mail_job.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/base/sign.h"
#include "sinks/mail_address.h"
#include "sinks/mail_message.h"

#define NAME_MAX_LEN 255  /* of hosts, user names, paths: what any of them may need */
#define PASSWORD_MAX 4096 /* access tokens are long */
#define TIMEOUT_MAX_MS MAIL_DEADLINE_MS

static const char *const securities[] = {"starttls", "tls", "none"};
static const char *const auths[] = {"password", "xoauth2"};

/* Writing */

static json_t *
letter_json(const struct mail_letter *letter)
{
	char *data = base64_encode(letter->data, letter->len);
	json_t *to = json_array();

	for (size_t i = 0; i < letter->to_count; i++)
		json_array_append_new(to, json_string(letter->to[i]));
	json_t *out = json_pack("{s:s, s:o}", "data", data, "to", to);
	free(data);
	return out;
}

static json_t *
job_json(const struct mail_job *job)
{
	json_t *letters = json_array();

	for (size_t i = 0; i < job->letter_count; i++)
		json_array_append_new(letters, letter_json(&job->letters[i]));
	return json_pack("{s:s, s:i, s:s, s:s, s:b, s:s?, s:s?, s:s?, s:s, s:I, s:I, s:o}", "host",
	                 job->host, "port", job->port, "security", securities[job->security],
	                 "auth", auths[job->auth], "tls13", job->tls13, "username", job->username,
	                 "ca_file", job->ca_file, "hello", job->hello, "sender", job->sender,
	                 "timeout_ms", (json_int_t)job->timeout_ms, "session_ms",
	                 (json_int_t)job->session_ms, "letters", letters);
}

void
mail_job_write(const struct mail_job *job, struct buf *out)
{
	json_t *tree = job_json(job);
	char *text = tree ? json_dumps(tree, JSON_COMPACT) : NULL;
	char *password = job->password ? base64_encode(job->password, strlen(job->password)) : NULL;
	size_t len = text ? strlen(text) : 0;

	if (!text)
		mem_die("a mail job is not text"); /* what is in it was checked before */
	/* All the room at once: growing would leave copies of it behind. */
	buf_reserve(out, len + (password ? strlen(password) : 0) + 32);
	buf_add(out, text, len - 1); /* all but the last brace */
	buf_puts(out, ",\"password\":");
	buf_puts(out, password ? "\"" : "null");
	if (password) {
		buf_puts(out, password);
		buf_putc(out, '"');
		mem_wipe_free(password, strlen(password));
	}
	buf_putc(out, '}');
	free(text);
	json_decref(tree);
}

/* Reading.  Who wrote it is known, but what is read here becomes commands to a
 * server: nothing that could end a line gets past this. */

static bool
is_plain(const char *text, size_t max)
{
	size_t len = strlen(text);

	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return len > 0 && len <= max;
}

/* A host, or what goes behind EHLO. */
static bool
is_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_:[]";

	return is_plain(text, NAME_MAX_LEN) && strspn(text, allowed) == strlen(text);
}

/* Whole lines ended by CRLF, and nothing that is not text. */
static bool
is_message(const char *data, size_t len)
{
	char before = '\n';

	for (size_t i = 0; i < len; before = data[i++])
		if (data[i] == '\0' || (data[i] == '\n') != (before == '\r'))
			return false;
	return len > 0 && len <= MAIL_SIZE_MAX && before == '\n' && len >= 2;
}

static int
read_word(const json_t *tree, const char *key, const char *const *words, size_t count, int *out,
          struct err *err)
{
	const char *text = json_string_value(json_object_get(tree, key));

	for (size_t i = 0; text && i < count; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = (int)i;
			return 0;
		}
	return err_set(err, "mail job: %s", key);
}

static int
read_number(const json_t *tree, const char *key, int64_t min, int64_t max, int64_t *out,
            struct err *err)
{
	const json_t *value = json_object_get(tree, key);

	if (!json_is_integer(value) || json_integer_value(value) < min ||
	    json_integer_value(value) > max)
		return err_set(err, "mail job: %s", key);
	*out = json_integer_value(value);
	return 0;
}

typedef bool text_fn(const char *);

static bool
is_some_text(const char *text)
{
	return is_plain(text, NAME_MAX_LEN);
}

static bool
is_path(const char *text)
{
	return is_plain(text, 4096);
}

/* "" is the reverse path of mails that nobody answers. */
static bool
is_sender(const char *text)
{
	return !*text || mail_address_valid(text);
}

static const struct text_key {
	const char *key;
	size_t offset;
	bool required;
	text_fn *valid;
} text_keys[] = {
	{"host", offsetof(struct mail_job, host), true, is_name},
	{"hello", offsetof(struct mail_job, hello), false, is_name},
	{"username", offsetof(struct mail_job, username), false, is_some_text},
	{"ca_file", offsetof(struct mail_job, ca_file), false, is_path},
	{"sender", offsetof(struct mail_job, sender), true, is_sender},
};

static int
read_texts(struct mail_job *job, const json_t *tree, struct err *err)
{
	for (size_t i = 0; i < COUNT(text_keys); i++) {
		const struct text_key *k = &text_keys[i];
		json_t *value = json_object_get(tree, k->key);
		const char *text = json_string_value(value);

		if (json_is_null(value) && !k->required)
			continue;
		if (!text || !k->valid(text))
			return err_set(err, "mail job: %s", k->key);
		*(char **)((char *)job + k->offset) = mem_str(text);
	}
	return 0;
}

static int
read_password(struct mail_job *job, const json_t *tree, struct err *err)
{
	json_t *value = json_object_get(tree, "password");
	/* The tree's own copy is wiped when it has been read. */
	char *text = (char *)json_string_value(value);
	size_t len = 0;

	if (json_is_null(value))
		return 0;
	unsigned char *bytes = text ? base64_decode(text, &len) : NULL;
	if (bytes) {
		job->password = mem_strn((char *)bytes, len);
		explicit_bzero(text, strlen(text));
		mem_wipe_free(bytes, len);
	}
	/* A line end or NUL in it would end it early on the way. */
	if (!job->password || strlen(job->password) != len || !len || len > PASSWORD_MAX ||
	    strpbrk(job->password, "\r\n"))
		return err_set(err, "mail job: password");
	return 0;
}

static int
read_letter(struct mail_letter *letter, const json_t *tree, struct err *err)
{
	const char *data = json_string_value(json_object_get(tree, "data"));
	const json_t *to = json_object_get(tree, "to");
	size_t count = json_array_size(to);

	letter->data = data ? (char *)base64_decode(data, &letter->len) : NULL;
	if (!letter->data || !is_message(letter->data, letter->len))
		return err_set(err, "mail job: data");
	if (json_object_size(tree) != 2 || count < 1 || count > MAIL_RECIPIENTS_MAX)
		return err_set(err, "mail job: to");
	letter->to = mem_array(count, sizeof(*letter->to));
	for (size_t i = 0; i < count; i++) {
		const char *address = json_string_value(json_array_get(to, i));
		if (!address || !mail_address_valid(address))
			return err_set(err, "mail job: an address");
		letter->to[letter->to_count++] = mem_str(address);
	}
	return 0;
}

static int
read_letters(struct mail_job *job, const json_t *tree, struct err *err)
{
	const json_t *letters = json_object_get(tree, "letters");
	size_t count = json_array_size(letters);

	if (count < 1 || count > MAIL_BATCH_MAX)
		return err_set(err, "mail job: letters");
	job->letters = mem_array(count, sizeof(*job->letters));
	for (size_t i = 0; i < count; i++) {
		job->letter_count++;
		if (read_letter(&job->letters[i], json_array_get(letters, i), err) < 0)
			return -1;
	}
	return 0;
}

static int
read_tree(struct mail_job *job, const json_t *tree, struct err *err)
{
	const json_t *tls13 = json_object_get(tree, "tls13");
	int64_t port = 0;

	if (json_object_size(tree) != 13 || !json_is_boolean(tls13))
		return err_set(err, "mail job: its keys");
	job->tls13 = json_is_true(tls13);
	if (read_password(job, tree, err) < 0 || read_texts(job, tree, err) < 0 ||
	    read_number(tree, "port", 1, 65535, &port, err) < 0 ||
	    read_number(tree, "timeout_ms", 0, TIMEOUT_MAX_MS, &job->timeout_ms, err) < 0 ||
	    read_number(tree, "session_ms", 0, TIMEOUT_MAX_MS, &job->session_ms, err) < 0 ||
	    read_word(tree, "security", securities, COUNT(securities), &job->security, err) < 0 ||
	    read_word(tree, "auth", auths, COUNT(auths), &job->auth, err) < 0 ||
	    read_letters(job, tree, err) < 0)
		return -1;
	job->port = (int)port;
	if ((job->username != NULL) != (job->password != NULL))
		return err_set(err, "mail job: a username needs a password, and one a username");
	return 0;
}

int
mail_job_read(struct mail_job *job, const char *text, size_t len, struct err *err)
{
	json_t *tree = NULL;
	struct err unsaid = {0};
	int rc;

	*job = (struct mail_job){0};
	/* Its words are left out: it may quote what it could not read. */
	if (json_read(text, len, &tree, &unsaid) != JSON_TREE)
		return err_set(err, "mail job: not JSON");
	rc = read_tree(job, tree, err);
	json_decref(tree);
	if (rc < 0)
		mail_job_fini(job);
	return rc;
}

static void
letter_fini(struct mail_letter *letter)
{
	for (size_t i = 0; i < letter->to_count; i++)
		free(letter->to[i]);
	free(letter->to);
	free(letter->data);
}

void
mail_job_fini(struct mail_job *job)
{
	for (size_t i = 0; i < job->letter_count; i++)
		letter_fini(&job->letters[i]);
	free(job->letters);
	if (job->password)
		mem_wipe_free(job->password, strlen(job->password));
	free(job->host);
	free(job->username);
	free(job->ca_file);
	free(job->hello);
	free(job->sender);
	*job = (struct mail_job){0};
}
