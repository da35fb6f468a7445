#include "relay/store/lane.h"

#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"

const char *const delivery_state_names[] = {"pending", "claimed", "sent", "dead", "dropped"};
const char *const news_names[] = {NULL, "opened", "changed", "reminder", "resolved", "digest"};

static const struct {
	enum delivery_state from, to;
} moves[] = {
	{DELIVERY_PENDING, DELIVERY_CLAIMED}, {DELIVERY_PENDING, DELIVERY_DROPPED},
	{DELIVERY_PENDING, DELIVERY_DEAD},    {DELIVERY_CLAIMED, DELIVERY_SENT},
	{DELIVERY_CLAIMED, DELIVERY_PENDING}, {DELIVERY_CLAIMED, DELIVERY_DEAD},
	{DELIVERY_DEAD, DELIVERY_PENDING},    {DELIVERY_DEAD, DELIVERY_CLAIMED},
};

int
delivery_move(struct db *db, const char *id, enum delivery_state from, enum delivery_state to,
              struct err *err)
{
	bool allowed = false;

	for (size_t i = 0; i < COUNT(moves); i++)
		allowed |= moves[i].from == from && moves[i].to == to;
	if (!allowed)
		return err_set(err, "delivery %s cannot become %s from %s", id,
		               delivery_state_names[to], delivery_state_names[from]);
	int64_t moved = db_run(db, err, ST_QUEUE_MOVE, "ttt", id, delivery_state_names[from],
	                       delivery_state_names[to]);
	if (moved < 0)
		return -1;
	return moved == 1 ? 0
	                  : err_set(err, "delivery %s is not %s", id, delivery_state_names[from]);
}

static enum severity
severity_of(const char *name)
{
	int severity = name_index(severity_names, SEVERITY_CRITICAL + 1, name);

	return severity < 0 ? SEVERITY_INFO : (enum severity)severity;
}

static enum phase
phase_of(const char *name)
{
	int phase = name_index(phase_names, PHASE_COUNT, name);

	return phase < 0 ? PHASE_NONE : (enum phase)phase;
}

static bool
is_resolved(const char *status)
{
	return status && strcmp(status, "resolved") == 0;
}

int
owed_take(struct db_row *row, struct owed *owed, struct err *err)
{
	*owed = (struct owed){0};
	int rc = db_step(row, err);
	if (rc == 1) {
		const char *id = db_text(row, 0);
		memcpy(owed->id, id, strnlen(id, sizeof(owed->id) - 1));
		owed->notification_id = mem_str(db_text(row, 1));
		owed->destination = mem_str(db_text(row, 2));
		owed->sink_kind = mem_str(db_text(row, 3));
		owed->state = (enum delivery_state)name_index(
			delivery_state_names, COUNT(delivery_state_names), db_text(row, 4));
		owed->revision = db_int(row, 5);
		owed->resolved = is_resolved(db_text(row, 6));
		owed->phase = phase_of(db_text(row, 7));
		owed->severity = severity_of(db_text(row, 8));
		owed->every_revision = db_int(row, 9) != 0;
		owed->at_once = db_int(row, 10) != 0;
		owed->plain = db_int(row, 11) != 0;
		owed->attempts = db_int(row, 12);
		owed->created_at = db_int(row, 13);
		owed->due_at = db_int(row, 14);
		owed->event_id = mem_str(db_text(row, 15));
		owed->reason = mem_str(db_text(row, 16));
		owed->partial = db_int(row, 17) != 0;
		owed->edits = db_int(row, 18) != 0;
		owed->reminder = db_int(row, 19) != 0;
		owed->carrier = mem_str(db_text(row, 20));
		owed->digest = owed->reason && strcmp(owed->reason, "digest") == 0;
		owed->held_until = db_int(row, 21);
	}
	db_end(row);
	return rc;
}

int
owed_load(struct db *db, const char *id, struct owed *owed, struct err *err)
{
	return owed_take(db_bind(db, ST_QUEUE_BY_ID, "t", id), owed, err);
}

int
owed_in_lane(struct db *db, const char *notification_id, const char *destination,
             enum delivery_state state, struct owed *owed, struct err *err)
{
	return owed_take(db_bind(db, ST_QUEUE_IN_LANE, "ttt", notification_id, destination,
	                         delivery_state_names[state]),
	                 owed, err);
}

void
owed_fini(struct owed *owed)
{
	free(owed->notification_id);
	free(owed->destination);
	free(owed->sink_kind);
	free(owed->event_id);
	free(owed->reason);
	free(owed->carrier);
	*owed = (struct owed){0};
}

int
told_load(struct db *db, const char *notification_id, const char *destination, struct told *told,
          struct err *err)
{
	struct db_row *row = db_bind(db, ST_QUEUE_TOLD, "tt", notification_id, destination);
	int rc = db_step(row, err);

	*told = (struct told){0};
	if (rc == 1) {
		told->revision = db_int(row, 0);
		told->any = told->revision > 0;
		told->resolved = is_resolved(db_text(row, 1));
		told->phase = phase_of(db_text(row, 2));
		told->severity = severity_of(db_text(row, 3));
		told->at = db_int(row, 4);
		told->maybe = db_int(row, 5) != 0;
		told->spoken_at = db_int(row, 6);
		told->editable = db_int(row, 7) != 0;
	}
	db_end(row);
	return rc < 0 ? -1 : 0;
}

int
told_put(struct db *db, const struct owed *owed, const char *reference, int64_t now_ms,
         struct err *err)
{
	struct told told;

	if (told_load(db, owed->notification_id, owed->destination, &told, err) < 0)
		return -1;
	if (news_speaks(&told, owed)) {
		told.phase = owed->phase;
		told.severity = owed->severity;
		told.spoken_at = now_ms;
	}
	return db_run(db, err, ST_QUEUE_TELL, "ttitttiit", owed->notification_id, owed->destination,
	              owed->revision, owed->resolved ? "resolved" : "open", phase_names[told.phase],
	              severity_names[told.severity], now_ms, told.spoken_at, reference) < 0
	               ? -1
	               : 0;
}

int
told_maybe(struct db *db, const struct owed *owed, struct err *err)
{
	return db_run(db, err, ST_QUEUE_MAYBE_TOLD, "tt", owed->notification_id,
	              owed->destination) < 0
	               ? -1
	               : 0;
}

static bool
sounds_different(const struct told *told, const struct owed *owed)
{
	return owed->phase != told->phase || owed->severity > told->severity;
}

bool
news_speaks(const struct told *told, const struct owed *owed)
{
	return !told->any || owed->reminder || (owed->resolved && !told->resolved) ||
	       sounds_different(told, owed);
}

enum news
news_of(const struct told *told, const struct owed *owed)
{
	if (owed->digest)
		return NEWS_DIGEST;
	if (!told->any) {
		if (owed->at_once || !owed->resolved)
			return NEWS_OPENED;
		return told->maybe || owed->severity == SEVERITY_CRITICAL ? NEWS_RESOLVED
		                                                          : NEWS_NONE;
	}
	if (owed->at_once || owed->revision <= told->revision)
		return NEWS_NONE;
	if (owed->resolved && !told->resolved)
		return NEWS_RESOLVED;
	if (told->resolved && !owed->every_revision)
		return NEWS_NONE;
	if (sounds_different(told, owed))
		return NEWS_CHANGED;
	if (owed->reminder)
		return NEWS_REMINDER;
	return owed->every_revision || (owed->edits && told->editable) ? NEWS_CHANGED : NEWS_NONE;
}

bool
is_half_told(const struct told *told, const struct owed *owed)
{
	return owed->partial && told->any && told->revision >= owed->revision;
}

int
is_outdated(struct db *db, const struct owed *owed, struct err *err)
{
	struct told told;

	if (told_load(db, owed->notification_id, owed->destination, &told, err) < 0)
		return -1;
	/* Its own revision was told where only some of its recipients had it. */
	if (told.any && told.revision >= owed->revision + owed->partial)
		return 1;
	int64_t revision = db_number(db, err, -1, ST_QUEUE_NEWEST_NEWS, "t", owed->notification_id);
	if (revision < 0 || revision > owed->revision)
		return revision < 0 ? -1 : 1;
	int64_t newer =
		db_number(db, err, -1, ST_QUEUE_NEWER_IN_LANE, "ttti", owed->notification_id,
	                  owed->destination, owed->id, owed->revision);
	return newer < 0 ? -1 : newer > 0;
}

static int
reschedule(struct db *db, const struct owed *owed, struct err *err)
{
	int64_t due = owed->due_at > owed->held_until ? owed->due_at : owed->held_until;

	return db_run(db, err, ST_QUEUE_RESCHEDULE, "tiiiiti", owed->id, due, owed->created_at,
	              owed->attempts, (int64_t)owed->plain, severity_names[owed->severity],
	              (int64_t)owed->reminder) < 0
	               ? -1
	               : 0;
}

/* The newer one takes over the pace of the older one, and lives its own life;
 * it is held by what holds it itself (reschedule()). */
static int
give_way(struct db *db, const struct owed *older, struct owed *newer, struct err *err)
{
	struct told told;

	if (told_load(db, newer->notification_id, newer->destination, &told, err) < 0)
		return -1;
	if (newer->resolved && older->severity > newer->severity)
		newer->severity = older->severity; /* it was a critical one */
	newer->reminder |= older->reminder && !newer->resolved;
	bool silent = news_of(&told, newer) == NEWS_NONE;
	if (silent && is_half_told(&told, older))
		return delivery_move(db, newer->id, DELIVERY_PENDING, DELIVERY_DROPPED, err) < 0
		               ? -1
		               : reschedule(db, older, err);
	newer->due_at = older->due_at;
	newer->attempts = older->attempts;
	if (delivery_move(db, older->id, DELIVERY_PENDING, DELIVERY_DROPPED, err) < 0)
		return -1;
	if (silent)
		return delivery_move(db, newer->id, DELIVERY_PENDING, DELIVERY_DROPPED, err);
	return reschedule(db, newer, err);
}

int
lane_put_back(struct db *db, const struct owed *owed, struct err *err)
{
	struct owed newer;
	int rc = owed_in_lane(db, owed->notification_id, owed->destination, DELIVERY_PENDING,
	                      &newer, err);

	if (rc < 0 || delivery_move(db, owed->id, DELIVERY_CLAIMED, DELIVERY_PENDING, err) < 0) {
		owed_fini(&newer);
		return -1;
	}
	rc = rc ? give_way(db, owed, &newer, err) : reschedule(db, owed, err);
	owed_fini(&newer);
	return rc;
}
