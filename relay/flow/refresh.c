/* The rows of one incident about images: loaded, changed, counted. */
#include "relay/flow/refresh.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/flow/refresh_rows.h"
#include "relay/model/key.h"
#include "relay/store/catalog.h"
#include "relay/store/incidents.h"

static int
by_workspace(const void *a, const void *b)
{
	const struct incident_row *x = a, *y = b;
	int order = strcmp(x->workspace_key, y->workspace_key);

	return order != 0 ? order : strcmp(x->bucket_key, y->bucket_key);
}

static int
by_worst(const void *a, const void *b)
{
	return incident_row_order(a, b);
}

int
refresh_load(struct refresh *r, struct plan *plan, const char *key, const struct workspace *only,
             struct err *err)
{
	int found;

	*r = (struct refresh){.plan = plan, .only = only};
	found = incidents_open(plan->db, key, &r->incident, err);
	if (found != 1)
		return found;
	if (only != NULL
	            ? incidents_rows_of(plan->db, r->incident.id, only->key, &r->rows, err) != 0
	            : incidents_rows(plan->db, r->incident.id, &r->rows, err) != 0)
		return -1;
	r->stored = r->rows.count;
	r->seen = mem_array(r->stored + 1, sizeof(*r->seen));
	r->dropped = mem_array(r->stored + 1, sizeof(*r->dropped));
	if (r->stored > 0)
		qsort(r->rows.items, r->stored, sizeof(*r->rows.items), by_workspace);
	return 1;
}

void
refresh_fini(struct refresh *r)
{
	incident_fini(&r->incident);
	incident_rows_fini(&r->rows);
	free(r->seen);
	free(r->dropped);
	free(r->what);
}

struct incident_row *
refresh_stored_row(struct refresh *r, const char *workspace_key, const char *bucket_key)
{
	struct incident_row key = {.workspace_key = (char *)workspace_key,
	                           .bucket_key = (char *)bucket_key};

	return r->stored > 0 ? bsearch(&key, r->rows.items, r->stored, sizeof(key), by_workspace)
	                     : NULL;
}

int
refresh_row_changed(struct refresh *r, const struct incident_row *row, const char *how,
                    struct err *err)
{
	r->changed = true;
	free(r->what);
	r->what = mem_fmt("%s %s", row->name, how);
	/* Rows of an incident that does not exist yet are written when it opens. */
	if (r->incident.id[0] == '\0')
		return 0;
	return incidents_row_put(r->plan->db, r->incident.id, row, err);
}

static void
row_runs(struct incident_row *row, const struct found *found)
{
	row->known = found->how.known;
	row->evidence = found->how.evidence;
	row->planned = found->how.planned;
	mem_set(&row->fingerprint, found->image->fingerprint);
	mem_set(&row->version, found->image->version);
	mem_set(&row->channel, found->how.channel);
}

struct incident_row *
refresh_add_row(struct refresh *r, const struct workspace *workspace, const struct found *found)
{
	struct incident_row *row;

	r->rows.items = mem_grow(r->rows.items, r->rows.count + 1, sizeof(*r->rows.items));
	row = &r->rows.items[r->rows.count++];
	*row = incident_row_of(workspace);
	row->bucket_key = mem_str(found->image->bucket_key);
	row_runs(row, found);
	return row;
}

static const char *
runs_words(const struct incident_row *row)
{
	if (!row->known)
		return "may run it";
	return row->planned ? "plans to run it" : "runs it";
}

int
refresh_runs(struct refresh *r, const struct workspace *workspace, const struct found *found,
             struct incident_row *row, struct err *err)
{
	if (row == NULL) {
		row = refresh_add_row(r, workspace, found);
		return refresh_row_changed(r, row, runs_words(row), err);
	}
	if (row->state == ROW_AFFECTED && row->known == found->how.known &&
	    row->evidence == found->how.evidence && row->planned == found->how.planned &&
	    strcmp(row->fingerprint, found->image->fingerprint) == 0)
		return 0;
	row->state = ROW_AFFECTED;
	row_runs(row, found);
	return refresh_row_changed(r, row, runs_words(row), err);
}

int
refresh_drop_row(struct refresh *r, const struct incident_row *row, struct err *err)
{
	if (row == NULL)
		return 0;
	r->dropped[row - r->rows.items] = true;
	r->changed = true;
	return incidents_row_drop(r->plan->db, r->incident.id, row, err);
}

/* Is nothing wrong any more with what it was listed for?  Then it has not moved. */
static int
was_restored(struct refresh *r, const struct incident_row *row, struct err *err)
{
	struct image image;
	char *key;
	int found;

	if (r->incident.kind != KIND_IMAGE_REVOCATION || row->fingerprint == NULL)
		return 0;
	key = key_image(row->bucket_key, row->fingerprint);
	found = catalog_image(r->plan->db, key, &image, err);
	free(key);
	if (found == 1)
		found = image.status == IMAGE_ACTIVE;
	image_fini(&image);
	return found;
}

int
refresh_runs_no_more(struct refresh *r, struct incident_row *row, bool gone, struct err *err)
{
	int restored;

	if (row == NULL || row->state != ROW_AFFECTED)
		return 0;
	restored = gone ? 0 : was_restored(r, row, err);
	if (restored != 0)
		return restored < 0 ? -1 : refresh_drop_row(r, row, err);
	row->state = gone ? ROW_GONE : ROW_MOVED;
	return refresh_row_changed(r, row, gone ? "is gone" : "has moved", err);
}

/* Moves those dropped behind the others, and frees them. */
static void
forget_dropped(struct refresh *r)
{
	struct incident_rows out = {.items = mem_array(r->stored + 1, sizeof(*out.items))};
	size_t kept = 0;

	for (size_t i = 0; i < r->rows.count; i++)
		if (i < r->stored && r->dropped[i])
			out.items[out.count++] = r->rows.items[i];
		else
			r->rows.items[kept++] = r->rows.items[i];
	r->rows.count = kept;
	incident_rows_fini(&out);
}

int
refresh_rest(struct refresh *r, struct err *err)
{
	bool gone = r->only != NULL && r->only->gone_at != 0;

	for (size_t i = 0; i < r->stored; i++)
		if (!r->seen[i] && refresh_runs_no_more(r, &r->rows.items[i], gone, err) != 0)
			return -1;
	return 0;
}

bool
refresh_is_idle(const struct refresh *r, bool changed)
{
	return r->only != NULL && r->incident.id[0] != '\0' && !changed && !r->changed;
}

static void
sort_rows(struct incident_rows *rows)
{
	if (rows->count > 0)
		qsort(rows->items, rows->count, sizeof(*rows->items), by_worst);
}

int
refresh_rows(struct db *db, const char *incident_id, struct incident_rows *rows, struct err *err)
{
	int rc = incidents_rows(db, incident_id, rows, err);

	sort_rows(rows);
	return rc;
}

int
refresh_count(struct refresh *r, struct incident_counts *counts, struct err *err)
{
	*counts = (struct incident_counts){0};
	if (r->only != NULL && r->incident.id[0] != '\0') {
		incident_rows_fini(&r->rows);
		if (incidents_rows(r->plan->db, r->incident.id, &r->rows, err) != 0)
			return -1;
	} else if (r->stored > 0) {
		forget_dropped(r);
	}
	for (size_t i = 0; i < r->rows.count; i++)
		incident_count(counts, &r->rows.items[i]);
	sort_rows(&r->rows);
	return 0;
}
