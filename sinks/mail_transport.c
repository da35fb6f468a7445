#include "sinks/mail_transport.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/sign.h"

/* What libesmtp cannot do. */
static bool
is_tls_from_the_start(const struct mail_job *job)
{
	return job->security == MAIL_TLS;
}

static bool
is_xoauth2(const struct mail_job *job)
{
	return job->auth == MAIL_AUTH_XOAUTH2 && job->username;
}

static bool
is_tls13(const struct mail_job *job)
{
	return job->tls13 && job->security != MAIL_NONE;
}

static bool
is_v6_literal(const struct mail_job *job)
{
	return strchr(job->host, ':') != NULL;
}

static bool (*const only_by_curl[])(const struct mail_job *) = {
	is_tls_from_the_start,
	is_xoauth2,
	is_tls13,
	is_v6_literal,
};

mail_transport_fn *
mail_transport_for(const struct mail_job *job)
{
	for (size_t i = 0; i < COUNT(only_by_curl); i++)
		if (only_by_curl[i](job))
			return mail_by_curl;
	return mail_by_esmtp;
}

int64_t
mail_session_ms(const struct mail_job *job)
{
	return job->session_ms ? job->session_ms : MAIL_DEADLINE_MS - 10 * INT64_C(1000);
}

/* Some servers quote in their refusal what they were sent. */
struct secrets {
	char *texts[4];
	size_t count;
};

static void
add_base64(struct secrets *secrets, char *bytes, size_t len)
{
	char *text = base64_encode(bytes, len);

	text[strcspn(text, "=")] = '\0';
	secrets->texts[secrets->count++] = text;
	mem_wipe_free(bytes, len);
}

static void
secrets_init(struct secrets *secrets, const struct mail_job *job)
{
	*secrets = (struct secrets){0};
	if (!job->password)
		return;
	size_t name_len = strlen(job->username), len = strlen(job->password);
	char *plain = mem_alloc(name_len + len + 2);

	memcpy(plain + 1, job->username, name_len);
	memcpy(plain + name_len + 2, job->password, len);
	secrets->texts[secrets->count++] = mem_str(job->password);
	add_base64(secrets, mem_str(job->password), len);
	add_base64(secrets, plain, name_len + len + 2);
	char *bearer = mem_fmt("user=%s\1auth=Bearer %s\1\1", job->username, job->password);
	add_base64(secrets, bearer, strlen(bearer));
}

static void
secrets_fini(struct secrets *secrets)
{
	for (size_t i = 0; i < secrets->count; i++)
		mem_wipe_free(secrets->texts[i], strlen(secrets->texts[i]));
}

static void
leave_out(struct mail_fate *fate, const struct secrets *secrets)
{
	for (size_t i = 0; i < secrets->count; i++) {
		if (!fate->text || !strstr(fate->text, secrets->texts[i]))
			continue;
		bool unheard = fate->unheard, content = fate->content;
		mail_fate_set(fate, fate->outcome, fate->code,
		              "the server's reply repeats the password, so it is left out");
		fate->unheard = unheard;
		fate->content = content;
	}
}

static void
leave_out_secrets(struct mail_result *result, const struct mail_job *job)
{
	struct secrets secrets;

	secrets_init(&secrets, job);
	leave_out(&result->session, &secrets);
	for (size_t i = 0; i < result->letter_count; i++)
		for (size_t j = 0; j < result->to_counts[i]; j++)
			leave_out(&result->fates[i][j], &secrets);
	secrets_fini(&secrets);
}

int
mail_helper_work(char *text, size_t len, struct buf *answer, struct err *err)
{
	struct mail_job job;
	struct mail_result result;

	if (mail_job_read(&job, text, len, err) < 0)
		return -1;
	explicit_bzero(text, len);
	mail_result_init(&result, &job);
	mail_transport_for (&job)(&job, &result);
	leave_out_secrets(&result, &job);
	mail_result_write(&result, answer);
	mail_result_fini(&result);
	mail_job_fini(&job);
	return 0;
}
