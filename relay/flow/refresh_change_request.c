/* That a change of a workspace is requested: told once. */
#include <inttypes.h>
#include <stdlib.h>

#include "relay/base/json.h"
#include "relay/base/mem.h"
#include "relay/flow/refresh_workspace.h"
#include "relay/model/key.h"
#include "relay/store/incidents.h"

static json_t *
request_of(const struct change_request_news *news)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "url", json_http_url_or_null(news->url), "subject",
	                 json_text_or_null(news->subject), "message",
	                 json_text_or_null(news->message), "created_by",
	                 json_text_or_null(news->created_by));
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* Its URL; one without is told apart by what it asks for, where and when. */
static char *
subject_of(const struct workspace *workspace, const struct change_request_news *news)
{
	char *at, *subject;

	if (news->url != NULL)
		return key_join(news->url, NULL);
	at = mem_fmt("%" PRId64, news->created_at);
	subject = key_join(or_empty(workspace->key), at, or_empty(news->created_by),
	                   or_empty(news->subject), NULL);
	free(at);
	return subject;
}

int
refresh_change_request(struct plan *plan, const struct workspace *workspace,
                       const struct change_request_news *news, struct err *err)
{
	char *subject = subject_of(workspace, news);
	struct trouble t;
	struct incident before = {0};
	int rc = trouble_load(&t, plan, workspace, KIND_WORKSPACE_CHANGE_REQUEST, subject, err);

	if (rc == 0)
		rc = incidents_last(plan->db, t.incident.key, &before, err);
	if (rc == 0) {
		json_object_set_new(t.incident.detail, "change_request", request_of(news));
		t.facts.wrong = true;
		t.what = "requested";
		rc = trouble_settle(&t, err);
	}
	incident_fini(&before);
	trouble_fini(&t);
	free(subject);
	return rc < 0 ? -1 : 0;
}
